package main

import (
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
)

// system is all that the program knows of the machine it runs on. It is made in main,
// and by hand in tests.
type system struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	// screen is stderr itself, for a display that moves on a terminal.
	screen io.Writer
	// Which of the three are terminals.
	stdinTerminal, stdoutTerminal, stderrTerminal bool

	// lookup finds a variable of the environment; ok is false when it is not set.
	lookup func(name string) (value string, ok bool)
	// directory is the working directory, executable the path of this program, both
	// absolute; "" when the system does not tell.
	directory, executable string

	now func() time.Time
	// ticker ticks until stop is called.
	ticker func(time.Duration) (ticks <-chan time.Time, stop func())
	// signals delivers the user's interrupts, until stop is called, and that the terminal
	// has gone or nobody reads stdout or stderr any more, to the end of the process, instead
	// of letting them end it.
	signals func() (received <-chan os.Signal, stop func())
}

func realSystem() system {
	directory, _ := os.Getwd()
	executable, _ := os.Executable()
	received := make(chan os.Signal, 16)
	stderr := &outlet{os.Stderr, received}
	return system{
		stdin: os.Stdin, stdout: &outlet{os.Stdout, received}, stderr: stderr, screen: stderr,
		stdinTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		stdoutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		stderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		lookup:         os.LookupEnv,
		directory:      directory,
		executable:     executable,
		now:            time.Now,
		ticker: func(every time.Duration) (<-chan time.Time, func()) {
			ticker := time.NewTicker(every)
			return ticker.C, ticker.Stop
		},
		signals: func() (<-chan os.Signal, func()) {
			signal.Notify(received, os.Interrupt, syscall.SIGTERM)
			if !signal.Ignored(syscall.SIGHUP) { // which nohup has it do
				signal.Notify(received, syscall.SIGHUP)
			}
			// A write to a closed pipe fails, instead of ending the process. This tells of every
			// socket, too, so that it is not what tells of stdout and stderr.
			signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
			return received, func() { signal.Reset(os.Interrupt, syscall.SIGTERM) }
		},
	}
}

// environment is the value of a variable, "" when it is not set.
func (s system) environment(name string) string {
	value, _ := s.lookup(name)
	return value
}

// color tells whether to colour what goes to a stream.
func (s system) color(terminal bool) bool {
	return terminal && s.environment("NO_COLOR") == "" && s.environment("TERM") != "dumb"
}
