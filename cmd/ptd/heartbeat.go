package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// heartbeatInterval is how long a step may be silent.
const heartbeatInterval = 10 * time.Second

// heartbeat tells, while a step runs and says nothing, that it still does. On a
// terminal it is silent: there, the display moves.
type heartbeat struct {
	machine system
	out     *watchedWriter

	stop chan struct{}
	done sync.WaitGroup
}

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
				h.out.beat(fmt.Sprintf("%s: still running after %s\n", step, now.Sub(began).Round(time.Second)))
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
}
