// Package terminal keeps a library that Pulumi's SDK links from asking the terminal for
// its colours whenever the process starts: that writes escape sequences, waits for five
// seconds where nothing answers, and swallows what the user typed ahead.
//
// The library (bubbletea, in its init) leaves the terminal alone where the variable CI is
// set, and nothing but a variable reaches code that runs before main. This package is
// initialised before it, because it imports nothing but syscall: of the packages whose
// imports are initialised the first by path comes first (the Go specification, "Program
// initialization"), and bubbletea needs golang.org/x/sys/unix, whose path comes after this
// one's. TestTerminalIsNotAsked holds it.
package terminal

import "syscall"

// variable is set to something wherever there is nobody at the terminal.
const variable = "CI"

// inherited is what the process was started with.
var inherited, given = hide()

func hide() (value string, found bool) {
	value, found = syscall.Getenv(variable)
	if value == "" {
		_ = syscall.Setenv(variable, "true") // a name that it never refuses
	}
	return value, found
}

// Restore gives the environment back as the process was started with. It is the first
// thing that main does: nothing else is to see the variable.
func Restore() {
	if given {
		_ = syscall.Setenv(variable, inherited)
		return
	}
	_ = syscall.Unsetenv(variable)
}
