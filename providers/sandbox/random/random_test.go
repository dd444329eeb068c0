package random

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

type fields = sandboxtest.Fields

const (
	passwordType = "random:index/randomPassword:RandomPassword"
	stringType   = "random:index/randomString:RandomString"
	idType       = "random:index/randomId:RandomId"
)

func newRandom(t *testing.T) *sandboxtest.Provider {
	t.Helper()
	return sandboxtest.New(t, New(sandboxtest.Open(t)), nil)
}

func TestRules(t *testing.T) {
	t.Parallel()
	provider := newRandom(t)
	for _, typ := range []string{passwordType, stringType} {
		provider.Refuses(typ, "main", fields{}, "length: is required")
		provider.Refuses(typ, "main", fields{"length": 0.0}, "length: must be at least 1")
		provider.Refuses(typ, "main", fields{"length": 3.0, "minLower": 2.0, "minUpper": 2.0}, "length: 3 is less than the 4 characters that the minimums ask for")
		provider.Refuses(typ, "main", fields{"length": 8.0, "lower": false, "upper": false, "numeric": false, "special": false}, "no kind of character is allowed in the result")
	}
	provider.Refuses(idType, "main", fields{"byteLength": 0.0}, "byteLength: 0 is not between 1 and 1024")
}

func TestResults(t *testing.T) {
	t.Parallel()
	provider := newRandom(t)
	for _, test := range []struct {
		inputs fields
		want   string
	}{
		{fields{"length": 12.0, "special": false}, `^[a-zA-Z0-9]{12}$`},
		{fields{"length": 12.0, "upper": false, "lower": false, "numeric": false, "overrideSpecial": "_"}, `^_{12}$`},
		{fields{"length": 4.0, "minNumeric": 4.0}, `^[0-9]{4}$`},
	} {
		first := provider.MustCreate(passwordType, "main", test.inputs)
		assert.Regexp(t, test.want, first.Text("result"))
		text := provider.MustCreate(stringType, "main", test.inputs)
		assert.Equal(t, text.ID, text.Text("result"))
		_, replacing := first.Diff(fields{"length": 13.0})
		assert.Equal(t, []string{"length"}, replacing)
	}
	assert.NotEqual(t, provider.MustCreate(idType, "a", fields{"byteLength": 8.0}).ID, provider.MustCreate(idType, "b", fields{"byteLength": 8.0}).ID)
	assert.Regexp(t, `^x[0-9a-f]{16}$`, provider.MustCreate(idType, "c", fields{"byteLength": 8.0, "prefix": "x"}).Text("hex"))
}
