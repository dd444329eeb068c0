package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// written is a stream that remembers the first failure to write to it, wherever in the
// program that was: what a user does not get to see must not look like success.
type written struct {
	to io.Writer

	mutex  sync.Mutex
	failed error
}

// Write implements io.Writer.
func (w *written) Write(data []byte) (int, error) {
	n, err := w.to.Write(data)
	if err != nil {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		if w.failed == nil {
			w.failed = err
		}
	}
	return n, err
}

// failure is the first failure; nil for none.
func (w *written) failure(stream string) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.failed == nil {
		return nil
	}
	return fmt.Errorf("write to the %s: %w", stream, w.failed)
}

// caused tells whether an error is that failure.
func (w *written) caused(err error) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.failed != nil && errors.Is(err, w.failed)
}
