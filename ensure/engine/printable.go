package engine

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Printable is text of others in one line that does to a terminal nothing but show it:
// control characters (a newline, too), those that are not seen or turn the direction of
// writing, and bytes that are no text are shown as Go writes them (\x1b, \n, \u202e).
func Printable(text string) string { return printable(text, "") }

// PrintableLines is Printable of each line of a text. Lines after the first are indented, so
// that none of them looks like one that ptd has begun.
func PrintableLines(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\r\n"), "\n")
	for i, line := range lines {
		line = printable(strings.TrimSuffix(line, "\r"), "\t")
		if i > 0 && line != "" && line[0] != ' ' && line[0] != '\t' {
			line = "  " + line
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}

// printable escapes all but what can be printed and the given characters.
func printable(text, but string) string {
	plain := func(r rune) bool { return strconv.IsPrint(r) || strings.ContainsRune(but, r) }
	if utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	var shown strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			fmt.Fprintf(&shown, `\x%02x`, text[i])
		case plain(r):
			shown.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			shown.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return shown.String()
}
