package engine

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for text, shown := range map[string]string{
		"plain ünï ☃ \U0001F600 \\n": "plain ünï ☃ \U0001F600 \\n",
		"a\x1b[31mb\nc\td":           `a\x1b[31mb\nc\td`,
		"\u202e\u200b\u0085\x7f":     `\u202e\u200b\u0085\x7f`,
		"bad\xffbyte \uFFFD":         "bad\\xffbyte \uFFFD",
		"":                           "",
	} {
		assert.Equal(t, shown, Printable(text))
		assert.Equal(t, shown, Printable(shown), "what is printable stays")
	}
	assert.Equal(t, "one\n  two\n\n  three\n\tfour", PrintableLines("one\r\ntwo\n\n  three\n\tfour\n"))
}
