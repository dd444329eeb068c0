// Package random simulates the random provider of Pulumi. Its results are real ones.
package random

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"sync"

	"github.com/pulumi/pulumi-random/sdk/v4/go/random"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

// New makes the simulated provider.
func New(cloud *sandbox.Cloud) *sandbox.Provider { return sandbox.NewProvider(cloud, Package()) }

// textInputs are the inputs of RandomPassword and RandomString; each changes the result.
var textInputs = []string{
	"keepers", "length", "lower", "minLower", "minNumeric", "minSpecial", "minUpper", "number", "numeric", "overrideSpecial",
	"special", "upper",
}

// Package describes the simulated provider.
var Package = sync.OnceValue(func() *sandbox.Package {
	return &sandbox.Package{
		Name: "random",
		Types: map[string]sandbox.Type{
			"random:index/randomPassword:RandomPassword": {
				Args: random.RandomPasswordArgs{}.ElementType(), Replace: textInputs, Check: checkText,
				Outputs: []string{"result", "bcryptHash"}, Secret: []string{"result", "bcryptHash"}, Create: createText,
			},
			"random:index/randomString:RandomString": {
				Args: random.RandomStringArgs{}.ElementType(), Replace: textInputs, Check: checkText,
				Outputs: []string{"result"}, Create: createText,
			},
			"random:index/randomId:RandomId": {
				Args: random.RandomIdArgs{}.ElementType(), Replace: []string{"byteLength", "keepers", "prefix"},
				Outputs: []string{"hex", "b64Std", "b64Url", "dec"}, Check: rule.Between("byteLength", 1, 1024),
				Create: func(o *sandbox.Operation) error {
					length, _ := o.Inputs.Number("byteLength")
					bytes := make([]byte, int(length))
					if _, err := rand.Read(bytes); err != nil {
						return err
					}
					prefix, _ := o.Inputs.Text("prefix")
					o.Outputs["hex"] = prefix + hex.EncodeToString(bytes)
					o.ID = hex.EncodeToString(bytes)
					return nil
				},
			},
		},
	}
})

func checkText(in sandbox.Inputs) []sandbox.Problem {
	length, ok := in.Number("length")
	if !ok {
		return nil
	}
	if length < 1 {
		return rule.One("length", "must be at least 1")
	}
	least := 0.0
	for _, class := range classes {
		n, _ := in.Number(class.minimum)
		least += n
	}
	if least > length {
		return rule.One("length", "%v is less than the %v characters that the minimums ask for", length, least)
	}
	return nil
}

// classes are the kinds of characters of a text.
var classes = []struct{ flag, minimum, characters string }{
	{"lower", "minLower", "abcdefghijklmnopqrstuvwxyz"},
	{"upper", "minUpper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	{"numeric", "minNumeric", "0123456789"},
	{"special", "minSpecial", "!@#$%&*()-_=+[]{}<>:?"},
}

func createText(o *sandbox.Operation) error {
	length, _ := o.Inputs.Number("length")
	var all string
	var text []byte
	for _, class := range classes {
		if on, given := o.Inputs[class.flag].(bool); given && !on {
			continue
		}
		characters := class.characters
		if override, ok := o.Inputs.Text("overrideSpecial"); ok && class.flag == "special" && override != "" {
			characters = override
		}
		all += characters
		least, _ := o.Inputs.Number(class.minimum)
		for range int(least) {
			text = append(text, pick(characters))
		}
	}
	if all == "" {
		return fmt.Errorf("no kind of character is allowed in the result")
	}
	for len(text) < int(length) {
		text = append(text, pick(all))
	}
	shuffle(text)
	o.Outputs["result"] = string(text)
	o.ID = o.NewID("none-", 16)
	if strings.HasSuffix(o.Type, "RandomString") {
		o.ID = string(text)
	}
	return nil
}

func pick(characters string) byte { return characters[below(len(characters))] }

func below(n int) int {
	chosen, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err) // the system's source of randomness never fails
	}
	return int(chosen.Int64())
}

func shuffle(text []byte) {
	for i := len(text) - 1; i > 0; i-- {
		j := below(i + 1)
		text[i], text[j] = text[j], text[i]
	}
}
