package engine

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
)

// longestLine is how much of one line is shown, in bytes.
const longestLine = 64 << 10

// lines passes on what is written to it, line by line.
type lines struct {
	mutex   sync.Mutex
	partial []byte
	cut     int // bytes of the line that are not kept
	say     func(line string)
}

func (l *lines) Write(data []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	rest := data
	for {
		line, after, whole := bytes.Cut(rest, []byte{'\n'})
		kept := line[:min(len(line), longestLine-len(l.partial))]
		l.partial, l.cut = append(l.partial, kept...), l.cut+len(line)-len(kept)
		if !whole {
			return len(data), nil
		}
		l.end()
		rest = after
	}
}

// end passes on the line.
func (l *lines) end() {
	text := strings.TrimSuffix(string(l.partial), "\r")
	if l.cut > 0 {
		text += fmt.Sprintf(" [%d more bytes]", l.cut)
	}
	l.partial, l.cut = l.partial[:0], 0
	l.say(text)
}

// flush passes on a last line that has no end.
func (l *lines) flush() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if len(l.partial) > 0 {
		l.end()
	}
}
