package config

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong (or, as a warning, odd) in a configuration file.
type Problem struct {
	File string
	// Line and Column start at 1; 0 means the file as a whole.
	Line, Column int
	// Path leads to the value: spec.sites.main.spec.domain.
	Path string
	Text string
	// Suggestion is what was probably meant; "" when nothing is near.
	Suggestion string

	source string // the text of the line
}

// String is file:line:column: path: text (did you mean "suggestion"?).
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Text)
	if p.Suggestion != "" {
		fmt.Fprintf(&b, " (did you mean %q?)", p.Suggestion)
	}
	return b.String()
}

// Snippet is the line of the file with a mark below the column, for terminals; "" when
// the problem has no line.
func (p Problem) Snippet() string {
	if p.Line == 0 || p.source == "" {
		return ""
	}
	number := fmt.Sprintf("%5d", p.Line)
	var indent strings.Builder
	for i, r := range []rune(p.source) {
		if i >= p.Column-1 {
			break
		}
		if r != '\t' {
			r = ' '
		}
		indent.WriteRune(r)
	}
	return fmt.Sprintf("%s | %s\n%s | %s^", number, p.source, strings.Repeat(" ", len(number)), indent.String())
}

// Errors are all the problems of a target.
type Errors []Problem

// Error is the problems, one a line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}
