package engine

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	gosecrets "gocloud.dev/secrets"
	_ "gocloud.dev/secrets/awskms"        // awskms://
	_ "gocloud.dev/secrets/azurekeyvault" // azurekeyvault://
)

// cloudType is what Pulumi calls secrets that a key service guards.
const cloudType = "cloud"

// cloudState is what a state file says of them, as pulumi's pkg/secrets/cloud/manager.go
// defines it.
type cloudState struct {
	// URL names the key that encrypts the data key.
	URL string `json:"url"`
	// EncryptedKey is the data key as the key service encrypted it. For a key in Azure
	// it is in base64 (for URLs, without padding) once more.
	EncryptedKey []byte `json:"encryptedkey"`
}

// cloudManager encrypts secrets with a data key, which is itself encrypted by a key
// service.
type cloudManager struct {
	state   json.RawMessage
	crypter config.Crypter
}

func (m *cloudManager) Type() string                { return cloudType }
func (m *cloudManager) State() json.RawMessage      { return m.state }
func (m *cloudManager) Encrypter() config.Encrypter { return m.crypter }
func (m *cloudManager) Decrypter() config.Decrypter { return m.crypter }

// azureScheme is the scheme of keys whose encrypted data keys are wrapped.
const azureScheme = "azurekeyvault://"

// dataKeySize is the size of the key of AES-256, in bytes.
const dataKeySize = 32

// newCloud makes a data key, and opens it as a later run would: a key that may encrypt
// but not decrypt is found before anything depends on it.
func (m *managers) newCloud(ctx context.Context) (*cloudManager, error) {
	key := make([]byte, dataKeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	keeper, err := m.keeper(ctx, m.options.SecretsProvider, true)
	if err != nil {
		return nil, err
	}
	encrypted, err := keeper.Encrypt(ctx, key)
	if err = errors.Join(err, keeper.Close()); err != nil {
		return nil, fmt.Errorf("encrypt a new data key: %w", err)
	}
	return m.unwrap(ctx, m.options.SecretsProvider, encrypted)
}

// openCloud opens what a state file describes.
func (m *managers) openCloud(ctx context.Context, state json.RawMessage) (*cloudManager, error) {
	var described cloudState
	if err := json.Unmarshal(state, &described); err != nil {
		return nil, fmt.Errorf("read the data key: %w", err)
	}
	return m.unwrap(ctx, described.URL, described.key())
}

// describe says how a data key is encrypted.
func describe(url string, encrypted []byte) cloudState {
	if strings.HasPrefix(url, azureScheme) {
		encrypted = []byte(base64.RawURLEncoding.EncodeToString(encrypted))
	}
	return cloudState{URL: url, EncryptedKey: encrypted}
}

// key is the encrypted data key as the key service takes it.
func (s cloudState) key() []byte {
	if strings.HasPrefix(s.URL, azureScheme) {
		// Some versions of Pulumi did not encode it (pulumi/pulumi issue 15329).
		if key, err := base64.RawURLEncoding.DecodeString(string(s.EncryptedKey)); err == nil {
			return key
		}
	}
	return s.EncryptedKey
}

// unwrap has the key service decrypt a data key.
func (m *managers) unwrap(ctx context.Context, url string, encrypted []byte) (*cloudManager, error) {
	keeper, err := m.keeper(ctx, url, false)
	if err != nil {
		return nil, err
	}
	key, err := keeper.Decrypt(ctx, encrypted)
	if err = errors.Join(err, keeper.Close()); err != nil {
		name := url
		if strings.HasPrefix(url, KeyFileScheme+"://") {
			name, err = m.options.KeyFile, errors.New("it is not the key that encrypted them")
		}
		return nil, &KeyError{Key: name, Err: fmt.Errorf("decrypt the data key: %w", err)}
	}
	if len(key) != dataKeySize {
		return nil, fmt.Errorf("the data key that %s decrypts has %d bytes instead of %d", url, len(key), dataKeySize)
	}
	state, err := json.Marshal(describe(url, encrypted))
	if err != nil {
		return nil, err
	}
	crypter := config.NewSymmetricCrypter(key)
	return &cloudManager{state: state, crypter: config.NewCiphertextToPlaintextCachedCrypter(crypter, crypter)}, nil
}

// keeper connects to the key that a URL names; it may be made if it is a file.
func (m *managers) keeper(ctx context.Context, url string, make bool) (*gosecrets.Keeper, error) {
	if strings.HasPrefix(url, KeyFileScheme+"://") {
		return openKeyFile(m.options.KeyFile, make)
	}
	return gosecrets.OpenKeeper(ctx, url)
}
