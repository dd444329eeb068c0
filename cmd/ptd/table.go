package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/ptd-go/ptd/ensure"
)

// table is text in aligned columns.
type table struct {
	right []bool // the columns that are aligned to the right
	rows  [][]string
}

// newTable makes a table with a head; the columns whose head ends in > are aligned to
// the right.
func newTable(head ...string) *table {
	t := &table{right: make([]bool, len(head))}
	cells := make([]string, len(head))
	for i, cell := range head {
		cells[i], t.right[i] = strings.CutSuffix(cell, ">")
	}
	t.add(cells...)
	return t
}

func (t *table) add(cells ...string) {
	for i, cell := range cells {
		cells[i] = ensure.Printable(cell)
	}
	t.rows = append(t.rows, cells)
}

// write writes the rows, columns two spaces apart, without trailing space.
func (t *table) write(to io.Writer) {
	widths := make([]int, len(t.right))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if t.right[i] {
				line.WriteString(padding + cell)
			} else {
				line.WriteString(cell + padding)
			}
		}
		fmt.Fprintln(to, strings.TrimRight(line.String(), " "))
	}
}
