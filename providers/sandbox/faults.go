package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"github.com/ptd-go/ptd/files"
)

// maxFaults bounds faults.json.
const maxFaults = 1 << 20

// Fault is one entry of faults.json, a list: what goes wrong, and when. All of Nth,
// Type, Name and Operation that are given must match. A fault happens once in a
// process unless Repeat is set.
type Fault struct {
	// Nth counts the mutating operations (create, update, delete) of the process from 1.
	Nth int `json:"nth,omitempty"`
	// Type is a type token, Name a resource's logical name or an object's name.
	Type string `json:"type,omitempty"`
	Name string `json:"name,omitempty"`
	// Operation is create, update, delete or read.
	Operation string `json:"operation,omitempty"`
	// Chart is a Helm chart, or the name of a release: its installation is what fails, also
	// when a Helm controller in the cluster does it, after the object was made. It goes with
	// no Nth, Type, Name or Operation.
	Chart string `json:"chart,omitempty"`

	// Error fails the operation with this message.
	Error string `json:"error,omitempty"`
	// Delay is waited for first, a Go duration ("2s").
	Delay string `json:"delay,omitempty"`
	// Exit ends the process without a trace, "before" or "after" the operation.
	Exit   string `json:"exit,omitempty"`
	Repeat bool   `json:"repeat,omitempty"`
}

// faults are the faults of one process.
type faults struct {
	mutex   sync.Mutex
	list    []Fault
	delays  []time.Duration
	spent   []bool
	counted int
}

func readFaults(directory string) (*faults, error) {
	path := filepath.Join(directory, "faults.json")
	content, err := files.Read(path, maxFaults)
	if errors.Is(err, fs.ErrNotExist) {
		return &faults{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read faults: %w", err)
	}
	f := &faults{}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f.list); err != nil {
		return nil, fmt.Errorf("read faults: %s: %w", path, err)
	}
	f.spent, f.delays = make([]bool, len(f.list)), make([]time.Duration, len(f.list))
	for i, fault := range f.list {
		if fault.Exit != "" && fault.Exit != "before" && fault.Exit != "after" {
			return nil, fmt.Errorf("read faults: %s: exit of fault %d is %q, want before or after", path, i+1, fault.Exit)
		}
		if fault.Chart != "" && (fault.Nth != 0 || fault.Type != "" || fault.Name != "" || fault.Operation != "") {
			return nil, fmt.Errorf("read faults: %s: fault %d has chart, which goes with no nth, type, name or operation", path, i+1)
		}
		if fault.Delay == "" {
			continue
		}
		if f.delays[i], err = time.ParseDuration(fault.Delay); err != nil {
			return nil, fmt.Errorf("read faults: %s: delay of fault %d: %w", path, i+1, err)
		}
	}
	return f, nil
}

// meet applies the faults that match an operation.
func (f *faults) meet(operation, typ, name string, sleep func(time.Duration), exit func()) (after func(), err error) {
	if len(f.list) == 0 {
		return func() {}, nil
	}
	f.mutex.Lock()
	if operation != "read" {
		f.counted++
	}
	nth := f.counted
	f.mutex.Unlock()
	return f.apply(func(fault Fault) bool {
		return fault.Chart == "" && (fault.Nth == 0 || operation != "read" && fault.Nth == nth) &&
			(fault.Type == "" || fault.Type == typ) && (fault.Name == "" || fault.Name == name) &&
			(fault.Operation == "" || fault.Operation == operation)
	}, sleep, exit)
}

// meetChart applies the faults that match an installation.
func (f *faults) meetChart(chart, release string, sleep func(time.Duration), exit func()) (after func(), err error) {
	return f.apply(func(fault Fault) bool {
		return fault.Chart != "" && (fault.Chart == chart || fault.Chart == release)
	}, sleep, exit)
}

// apply applies the faults that match. The first error wins.
func (f *faults) apply(matches func(Fault) bool, sleep func(time.Duration), exit func()) (after func(), err error) {
	after = func() {}
	f.mutex.Lock()
	var delay time.Duration
	var before, later bool
	for i, fault := range f.list {
		if f.spent[i] || !matches(fault) {
			continue
		}
		f.spent[i] = !fault.Repeat
		delay += f.delays[i]
		before, later = before || fault.Exit == "before", later || fault.Exit == "after"
		if fault.Error != "" && err == nil {
			err = errors.New(fault.Error)
		}
	}
	f.mutex.Unlock()
	if delay > 0 {
		sleep(delay)
	}
	if before {
		exit()
	}
	if later {
		after = exit
	}
	return after, err
}
