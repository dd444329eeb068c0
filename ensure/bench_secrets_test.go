package ensure

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"gocloud.dev/secrets/localsecrets"
)

// sandboxKey opens the secrets in a sandbox's state without the rest of ptd.
type sandboxKey string

func (path sandboxKey) OfType(ctx context.Context, typ string, state json.RawMessage) (secrets.Manager, error) {
	content, err := os.ReadFile(string(path))
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(content)))
	if err != nil {
		return nil, err
	}
	var described struct{ EncryptedKey []byte }
	if err := json.Unmarshal(state, &described); err != nil {
		return nil, err
	}
	keeper := localsecrets.NewKeeper([32]byte(key))
	defer keeper.Close()
	data, err := keeper.Decrypt(ctx, described.EncryptedKey)
	if err != nil {
		return nil, err
	}
	return &openedSecrets{typ: typ, state: state, Crypter: config.NewSymmetricCrypter(data)}, nil
}

type openedSecrets struct {
	typ   string
	state json.RawMessage
	config.Crypter
}

func (s *openedSecrets) Type() string                { return s.typ }
func (s *openedSecrets) State() json.RawMessage      { return s.state }
func (s *openedSecrets) Encrypter() config.Encrypter { return s.Crypter }
func (s *openedSecrets) Decrypter() config.Decrypter { return s.Crypter }
