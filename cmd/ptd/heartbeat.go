package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ptd-go/ptd/ensure"
)

// heartbeatInterval is how long a step may be silent.
const heartbeatInterval = 10 * time.Second

// heartbeat tells, while a step runs and says nothing, that it still does, and what it
// works on. On a terminal it is silent: there, the display moves.
type heartbeat struct {
	machine system
	out     *watchedWriter

	stop chan struct{}
	done sync.WaitGroup

	mutex   sync.Mutex // for what follows
	working []work     // in the order in which it began
}

// work is on one resource.
type work struct {
	ensure.Progress
	began time.Time
}

// namedAtMost is how many resources a heartbeat names.
const namedAtMost = 5

// watchedWriter notes that something was written.
type watchedWriter struct {
	mutex  sync.Mutex
	to     io.Writer
	active bool // since the last look
	paused bool
}

func newHeartbeat(machine system) *heartbeat {
	return &heartbeat{machine: machine, out: &watchedWriter{to: machine.stderr}}
}

// Write implements io.Writer.
func (w *watchedWriter) Write(data []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.active = true
	return w.to.Write(data)
}

// beat writes unless something else was written since the last beat.
func (w *watchedWriter) beat(text string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if !w.active && !w.paused {
		fmt.Fprint(w.to, text)
	}
	w.active = false
}

func (w *watchedWriter) set(active, paused bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.active, w.paused = active, paused
}

// touch notes that something was told elsewhere.
func (h *heartbeat) touch() { h.out.set(true, false) }

// pause is for while the user is asked.
func (h *heartbeat) pause()  { h.out.set(true, true) }
func (h *heartbeat) resume() { h.out.set(true, false) }

// note keeps what is worked on.
func (h *heartbeat) note(progress ensure.Progress) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	i := slices.IndexFunc(h.working, func(known work) bool { return known.URN == progress.URN })
	switch {
	case progress.Ended && i >= 0:
		h.working = slices.Delete(h.working, i, i+1)
	case progress.Ended:
	case i >= 0 && progress.Status != "":
		h.working[i].Status = progress.Status
	case i >= 0: // the second half of a replacement
		h.working[i] = work{progress, h.machine.now()}
	default:
		h.working = append(h.working, work{progress, h.machine.now()})
	}
}

// describe names what is worked on, what began first first: since when, and how it stands.
func (h *heartbeat) describe(now time.Time) string {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	var lines strings.Builder
	for i, work := range h.working {
		if i == namedAtMost {
			fmt.Fprintf(&lines, "  and %d more\n", len(h.working)-namedAtMost)
			break
		}
		_ = say(&lines, "  %s %s %s, for %s", work.Operation, work.Type, work.Name, now.Sub(work.began).Round(time.Second))
		if work.Status != "" {
			_ = say(&lines, ": %s", work.Status)
		}
		lines.WriteString("\n")
	}
	return lines.String()
}

// begin starts to watch a step, until end.
func (h *heartbeat) begin(step string) {
	h.end()
	if h.machine.stderrTerminal {
		return
	}
	began, stop := h.machine.now(), make(chan struct{})
	ticks, stopTicks := h.machine.ticker(heartbeatInterval)
	h.stop = stop
	h.done.Go(func() {
		defer stopTicks()
		for {
			select {
			case now := <-ticks:
				h.out.beat(fmt.Sprintf("%s: still running after %s\n", ensure.Printable(step), now.Sub(began).Round(time.Second)) + h.describe(now))
			case <-stop:
				return
			}
		}
	})
}

// end stops watching.
func (h *heartbeat) end() {
	if h.stop != nil {
		close(h.stop)
		h.done.Wait()
		h.stop = nil
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.working = nil
}
