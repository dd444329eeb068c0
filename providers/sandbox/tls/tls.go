// Package tls simulates the tls provider of Pulumi. Its keys are real ones.
package tls

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"

	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"golang.org/x/crypto/ssh"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

// New makes the simulated provider.
func New(cloud *sandbox.Cloud) *sandbox.Provider { return sandbox.NewProvider(cloud, Package()) }

// Package describes the simulated provider.
var Package = sync.OnceValue(func() *sandbox.Package {
	return &sandbox.Package{
		Name: "tls",
		Types: map[string]sandbox.Type{
			"tls:index/privateKey:PrivateKey": {
				Args: tls.PrivateKeyArgs{}.ElementType(), Replace: []string{"algorithm", "ecdsaCurve", "rsaBits"},
				Defaults: map[string]any{"ecdsaCurve": "P224", "rsaBits": 2048.0},
				Outputs: []string{
					"privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh", "publicKeyPem", "publicKeyOpenssh",
					"publicKeyFingerprintSha256",
				},
				Secret: []string{"privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"},
				Check: rule.All(rule.OneOf("algorithm", "RSA", "ECDSA", "ED25519"),
					rule.OneOf("ecdsaCurve", "P224", "P256", "P384", "P521")),
				Create: createKey,
			},
		},
	}
})

func createKey(o *sandbox.Operation) error {
	key, err := generate(o.Inputs)
	if err != nil {
		return fmt.Errorf("generate key: %w", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	o.Outputs["privateKeyPem"], o.Outputs["privateKeyPemPkcs8"] = private, private
	o.Outputs["publicKeyPem"] = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	sum := sha1.Sum(public)
	o.ID = hex.EncodeToString(sum[:])
	authorized, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		o.Outputs["publicKeyOpenssh"], o.Outputs["privateKeyOpenssh"] = "", "" // OpenSSH has no P-224
		o.Outputs["publicKeyFingerprintSha256"] = ""
		return nil
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	o.Outputs["privateKeyOpenssh"] = string(pem.EncodeToMemory(block))
	o.Outputs["publicKeyOpenssh"] = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(authorized))) + "\n"
	o.Outputs["publicKeyFingerprintSha256"] = ssh.FingerprintSHA256(authorized)
	return nil
}

func generate(in sandbox.Inputs) (crypto.Signer, error) {
	switch algorithm, _ := in.Text("algorithm"); algorithm {
	case "RSA":
		bits, _ := in.Number("rsaBits")
		return rsa.GenerateKey(rand.Reader, int(bits))
	case "ED25519":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	default:
		curve, _ := in.Text("ecdsaCurve")
		curves := map[string]elliptic.Curve{"P224": elliptic.P224(), "P256": elliptic.P256(), "P384": elliptic.P384(), "P521": elliptic.P521()}
		return ecdsa.GenerateKey(curves[curve], rand.Reader)
	}
}
