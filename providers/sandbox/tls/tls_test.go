package tls

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

type fields = sandboxtest.Fields

func TestKeys(t *testing.T) {
	t.Parallel()
	const keyType = "tls:index/privateKey:PrivateKey"
	provider := sandboxtest.New(t, New(sandboxtest.Open(t)), nil)
	provider.Refuses(keyType, "main", fields{"algorithm": "DSA"}, `algorithm: expected algorithm to be one of ["RSA" "ECDSA" "ED25519"], got DSA`)
	provider.Refuses(keyType, "main", fields{"algorithm": "ECDSA", "ecdsaCurve": "P1"}, `ecdsaCurve: expected ecdsaCurve to be one of ["P224" "P256" "P384" "P521"], got P1`)
	for name, inputs := range map[string]fields{
		"ssh-rsa": {"algorithm": "RSA"}, "ssh-ed25519": {"algorithm": "ED25519"},
		"ecdsa-sha2-nistp256": {"algorithm": "ECDSA", "ecdsaCurve": "P256"}, "": {"algorithm": "ECDSA"},
	} {
		key := provider.MustCreate(keyType, "main "+name, inputs)
		assert.True(t, strings.HasPrefix(key.Text("publicKeyOpenssh"), name), "%s", name)
		assert.Contains(t, key.Text("privateKeyPem"), "BEGIN PRIVATE KEY")
		for _, changes := range []fields{{"rsaBits": 4096.0}, {"ecdsaCurve": "P521"}} {
			_, replacing := key.Diff(changes)
			assert.Len(t, replacing, 1)
		}
	}
}
