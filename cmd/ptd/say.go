package main

import (
	"fmt"
	"io"

	"github.com/ptd-go/ptd/ensure"
)

// lines is a text that may have several lines, such as an error.
type lines string

// say writes to people. Whatever is put into the format may come from outside (names in
// YAML, of directories and of resources, outputs, what providers and custom steps say): it
// cannot move the terminal, and text that is not lines stays in its line. The format itself
// is ptd's.
func say(to io.Writer, format string, args ...any) error {
	for i, arg := range args {
		switch arg := arg.(type) {
		case lines:
			args[i] = ensure.PrintableLines(string(arg))
		case int, int64, float64:
		default:
			args[i] = ensure.Printable(fmt.Sprint(arg))
		}
	}
	_, err := fmt.Fprintf(to, format, args...)
	return err
}
