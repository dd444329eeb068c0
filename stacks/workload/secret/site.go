package secret

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/ptd-go/ptd/stacks/config"
)

// SiteKeys are the keys of a site's secret.
func SiteKeys() []string {
	var keys []string
	for _, product := range config.Products() {
		keys = slices.AppendSeq(keys, maps.Keys(product.Secrets))
	}
	return keys
}

// NewSite makes the first values of a site's secret (docs/reference/aws-workload-base.md 2.1).
// Those that people fill in are "".
func NewSite(site string) (map[string]string, error) {
	secret := map[string]string{}
	for _, product := range config.Products() {
		for key, first := range product.Secrets {
			var err error
			switch first {
			case config.DatabasePassword:
				secret[key], err = databasePassword()
			case config.EncryptionKey:
				secret[key], err = secretKey()
			case config.DatabaseRole:
				secret[key] = product.Database(site)
			default: // people fill it in
				secret[key] = ""
			}
			if err != nil {
				return nil, fmt.Errorf("generate %s of site %q: %w", key, site, err)
			}
		}
	}
	return secret, nil
}

// databasePassword makes 30 characters, each uniform from a-z, A-Z and 0-9.
func databasePassword() (string, error) {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	password := make([]byte, 30)
	for i := range password {
		index, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			return "", err
		}
		password[i] = alphabet[index.Int64()]
	}
	return string(password), nil
}

// secretKey makes the key with which Connect and Package Manager encrypt what they
// store: 512 random bytes as 1024 lower-case hexadecimal digits. The rskey tool, the
// usual source of such keys, combines its random bytes with a fixed mask before it
// encodes them; uniformly random bytes stay uniformly random under a mask, so there
// is none here.
func secretKey() (string, error) {
	key := make([]byte, 512)
	if _, err := rand.Read(key); err != nil {
		return "", err
	}
	return hex.EncodeToString(key), nil
}
