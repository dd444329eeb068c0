package secret

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// siteSecretKeys are the keys of a site's secret (facts: aws-workload-base 2.1), each
// with what makes its first value; nil for those that people fill in.
var siteSecretKeys = map[string]func(site string) (string, error){
	"dev-admin-token":        nil,
	"dev-chronicle-api-key":  nil,
	"dev-client-secret":      nil,
	"dev-db-password":        databasePassword,
	"dev-license":            nil,
	"dev-user-token":         nil,
	"home-auth-map":          nil,
	"keycloak-db-password":   databasePassword,
	"keycloak-db-user":       func(site string) (string, error) { return KeycloakDatabase(site), nil },
	"pkg-db-password":        databasePassword,
	"pkg-license":            nil,
	"pkg-secret-key":         secretKey,
	"ppm-oidc-client-secret": nil,
	"pub-chronicle-api-key":  nil,
	"pub-client-secret":      nil,
	"pub-db-password":        databasePassword,
	"pub-license":            nil,
	"pub-secret-key":         secretKey,
}

// SiteKeys are the keys of a site's secret, sorted.
func SiteKeys() []string { return slices.Sorted(maps.Keys(siteSecretKeys)) }

// NewSite makes the first values of a site's secret. Those that people fill in are "".
func NewSite(site string) (map[string]string, error) {
	secret := map[string]string{}
	for _, key := range SiteKeys() {
		secret[key] = ""
		if generate := siteSecretKeys[key]; generate != nil {
			value, err := generate(site)
			if err != nil {
				return nil, fmt.Errorf("generate %s of site %q: %w", key, site, err)
			}
			secret[key] = value
		}
	}
	return secret, nil
}

// KeycloakDatabase is the name of the role and database that Keycloak of a site uses.
func KeycloakDatabase(site string) string {
	return strings.ReplaceAll(site, "-", "_") + "_keycloak"
}

// databasePassword makes 30 characters, each uniform from a-z, A-Z and 0-9.
func databasePassword(string) (string, error) {
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
func secretKey(string) (string, error) {
	key := make([]byte, 512)
	if _, err := rand.Read(key); err != nil {
		return "", err
	}
	return hex.EncodeToString(key), nil
}
