package main

import (
	"io"

	"golang.org/x/term"
)

// modalTerminal is a terminal for Pulumi's display, which puts it into raw mode to read
// keys. It is given none to read, so that an interrupt would be lost, and an answer that is
// typed ahead would come without its end of line: the mode stays as it was.
type modalTerminal struct {
	to   describedWriter
	mode term.State
}

// describedWriter is a writer to a file.
type describedWriter interface {
	io.Writer
	Fd() uintptr
}

// keepMode returns a writer to a terminal that keeps its mode; to anything else it is
// the writer itself.
func keepMode(to io.Writer) io.Writer {
	file, ok := to.(describedWriter)
	if !ok {
		return to
	}
	mode, err := term.GetState(int(file.Fd()))
	if err != nil {
		return to // it is none
	}
	return &modalTerminal{file, *mode}
}

// Write implements io.Writer. What the display writes first comes after it has changed
// the mode.
func (t *modalTerminal) Write(data []byte) (int, error) {
	descriptor := int(t.Fd())
	if now, err := term.GetState(descriptor); err == nil && *now != t.mode {
		_ = term.Restore(descriptor, &t.mode) // a terminal that has gone says so with the write
	}
	return t.to.Write(data)
}

// Fd is the terminal's descriptor: the display asks it for its size.
func (t *modalTerminal) Fd() uintptr { return t.to.Fd() }
