package main

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure"
)

// asking makes the pipeline ask the questions and notes the answers.
func asking(d *desk, questions ...ensure.Question) (answers *[]bool, failure *error) {
	answers, failure = new([]bool), new(error)
	d.runner.play = func(ctx context.Context, ui ensure.UserInterface) ensure.Summary {
		for _, question := range questions {
			answer, err := ui.Confirm(ctx, question)
			if err != nil {
				*failure = err
				return ensure.Summary{Result: ensure.Failed, Err: err}
			}
			*answers = append(*answers, answer)
		}
		return ensure.Summary{Result: ensure.Succeeded}
	}
	return answers, failure
}

func TestConfirm(t *testing.T) {
	apply := ensure.Question{Step: "persistent", Changes: ensure.Changes{Create: 2, Same: 5, Replace: 1}}
	destroy := ensure.Question{Step: "persistent", Changes: ensure.Changes{Delete: 9}, Destroy: true, Type: "demo01-staging"}
	for _, test := range []struct {
		name      string
		input     string
		questions []ensure.Question
		answers   []bool
		asked     string
	}{
		{"yes", "y\n", []ensure.Question{apply}, []bool{true}, "Apply to step persistent (+2 +-1)? [y/n]: "},
		{"in full", "YES\r\n", []ensure.Question{apply}, []bool{true}, ""},
		{"no", "n\n", []ensure.Question{apply}, []bool{false}, ""},
		{"no in full", " no \n", []ensure.Question{apply}, []bool{false}, ""},
		{"other answers ask again", "maybe\n\nyes\n", []ensure.Question{apply}, []bool{true},
			strings.Repeat("Apply to step persistent (+2 +-1)? [y/n]: ", 3)},
		{"the end is no", "", []ensure.Question{apply}, []bool{false}, ""},
		{"the end after another answer is no", "maybe", []ensure.Question{apply}, []bool{false}, ""},
		{"the end right after yes is yes", "y", []ensure.Question{apply}, []bool{true}, ""},
		{"two questions share the input", "y\nn\n", []ensure.Question{apply, apply}, []bool{true, false}, ""},
		{"destroy", "demo01-staging\n", []ensure.Question{destroy}, []bool{true},
			"Destroy the resources of step persistent (-9)? Type demo01-staging to go on: "},
		{"destroy does not take yes", "y\n", []ensure.Question{destroy}, []bool{false}, ""},
		{"destroy: the end is no", "", []ensure.Question{destroy}, []bool{false}, ""},
		{"destroy: another name", "demo01-stagin\n", []ensure.Question{destroy}, []bool{false}, ""},
	} {
		for _, json := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				d := newDesk(t)
				d.system.stdin, d.system.stdinTerminal = strings.NewReader(test.input), true
				answers, failure := asking(d, test.questions...)
				words := []string{"ensure", "demo01-staging", "--sandbox"}
				if json {
					words = append(words, "--json")
				}
				d.run(words...)
				require.NoError(t, *failure)
				assert.Equal(t, test.answers, *answers)
				assert.Contains(t, d.stderr.String(), test.asked)
				assert.NotContains(t, d.stdout.String(), "?")
			})
		}
	}
}

// TestConfirmWithoutTerminal pins that input that is not a terminal is never read.
func TestConfirmWithoutTerminal(t *testing.T) {
	d := newDesk(t)
	d.system.stdin = strings.NewReader("y\n")
	_, failure := asking(d, ensure.Question{Step: "persistent", Changes: ensure.Changes{Create: 2}})
	assert.Equal(t, 1, d.run("ensure", "demo01-staging", "--sandbox"))
	assert.EqualError(t, *failure, "cannot ask whether to apply to step persistent (+2) without a terminal: "+
		"pass --auto-apply to go on without asking, or --dry-run to look only")
}

// TestInterruptedQuestion pins that an interrupt ends an open question, and is told.
func TestInterruptedQuestion(t *testing.T) {
	d := newDesk(t)
	silent, never := io.Pipe()
	defer never.Close()
	d.system.stdin, d.system.stdinTerminal = silent, true
	_, failure := asking(d, ensure.Question{Step: "persistent"})
	go func() { d.signals <- os.Interrupt }()
	assert.Equal(t, 1, d.run("ensure", "demo01-staging", "--sandbox"))
	require.ErrorIs(t, *failure, ensure.ErrInterrupted)
	assert.Contains(t, d.stderr.String(), "interrupt: cancelling")
}

// TestInterruptTwice pins what the user reads, and that after the second interrupt the
// process is again ended by the next.
func TestInterruptTwice(t *testing.T) {
	d := newDesk(t)
	unsubscribed := make(chan struct{}, 2)
	d.system.signals = func() (<-chan os.Signal, func()) {
		return d.signals, func() { unsubscribed <- struct{}{} }
	}
	d.runner.play = func(context.Context, ensure.UserInterface) ensure.Summary {
		d.signals <- os.Interrupt
		d.signals <- os.Interrupt
		select {
		case <-unsubscribed:
		case <-time.After(10 * time.Second):
			t.Error("the second interrupt did not give the signals back")
		}
		return ensure.Summary{Result: ensure.Failed, Err: ensure.ErrInterrupted}
	}
	assert.Equal(t, 1, d.run("ensure", "demo01-staging", "--sandbox"))
	first, second := strings.Index(d.stderr.String(), "interrupt: cancelling"), strings.Index(d.stderr.String(), "second interrupt: stopping")
	assert.True(t, 0 <= first && first < second, d.stderr.String())
}
