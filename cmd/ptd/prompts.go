package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ptd-go/ptd/ensure"
)

// prompts asks the user, on a terminal. Questions go to stderr.
type prompts struct {
	in       *bufio.Reader
	out      io.Writer
	terminal bool
	// interrupted is closed when the user interrupts; nil when that ends the process.
	interrupted <-chan struct{}
}

func newPrompts(machine system, interrupted <-chan struct{}) *prompts {
	return &prompts{
		in: bufio.NewReader(machine.stdin), out: machine.stderr, terminal: machine.stdinTerminal, interrupted: interrupted,
	}
}

// confirm asks before changes of a step are applied.
func (p *prompts) confirm(ctx context.Context, question ensure.Question) (bool, error) {
	changes := counts(question.Changes)
	what := fmt.Sprintf("apply to step %s (%s)", question.Step, changes)
	if question.Destroy {
		what = fmt.Sprintf("destroy the resources of step %s (%s)", question.Step, changes)
	}
	if !p.terminal {
		return false, fmt.Errorf("cannot ask whether to %s without a terminal: pass --auto-apply to go on without asking, or --dry-run to look only", what)
	}
	what = strings.ToUpper(what[:1]) + what[1:]
	if question.Type != "" {
		return p.typed(ctx, fmt.Sprintf("%s? Type %s to go on: ", what, question.Type), question.Type)
	}
	return p.yes(ctx, what+"? [y/n]: ")
}

// yes asks until the answer is yes or no. The end of input is no.
func (p *prompts) yes(ctx context.Context, question string) (bool, error) {
	for {
		answer, ok, err := p.ask(ctx, question)
		if err != nil || !ok {
			return false, err
		}
		switch strings.ToLower(answer) {
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
	}
}

// typed asks for a word; every other is no.
func (p *prompts) typed(ctx context.Context, question, word string) (bool, error) {
	answer, ok, err := p.ask(ctx, question)
	return ok && answer == word, err
}

// ask reads one line; ok is false at the end of input.
func (p *prompts) ask(ctx context.Context, question string) (answer string, ok bool, err error) {
	_ = say(p.out, "%s", question)
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := p.in.ReadString('\n')
		read <- line{text, err}
	}()
	select {
	case line := <-read:
		if errors.Is(line.err, io.EOF) && line.text == "" {
			fmt.Fprintln(p.out)
			return "", false, nil
		}
		if line.err != nil && !errors.Is(line.err, io.EOF) {
			return "", false, fmt.Errorf("read the answer: %w", line.err)
		}
		return strings.TrimSpace(line.text), true, nil
	case <-p.interrupted:
		fmt.Fprintln(p.out)
		return "", false, ensure.ErrInterrupted
	case <-ctx.Done():
		fmt.Fprintln(p.out)
		return "", false, ctx.Err()
	}
}
