package main

import (
	"errors"
	"os"
	"syscall"
)

// outlet is stdout or stderr. That nobody reads it any more is told as a signal.
type outlet struct {
	file   *os.File
	closed chan<- os.Signal
}

// Write implements io.Writer.
func (o *outlet) Write(data []byte) (int, error) {
	n, err := o.file.Write(data)
	if errors.Is(err, syscall.EPIPE) {
		select {
		case o.closed <- syscall.SIGPIPE:
		default: // it has been told, and nobody listens yet
		}
	}
	return n, err
}

// Fd is the file's descriptor, for who asks a terminal for its size.
func (o *outlet) Fd() uintptr { return o.file.Fd() }
