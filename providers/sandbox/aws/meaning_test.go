package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMeanings(t *testing.T) {
	t.Parallel()
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::a/*"}]}`
	for name, test := range map[string]struct {
		same     func(old, new any) bool
		old, new any
		want     bool
	}{
		"policy in another order": {samePolicy, policy, `{"Statement": [{"Resource": ["arn:aws:s3:::a/*"], "Action": ["s3:PutObject", "s3:GetObject"], "Effect": "Allow"}], "Version": "2012-10-17"}`, true},
		"another policy":          {samePolicy, policy, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::a/*"}]}`, false},
		"no policy":               {samePolicy, policy, "not JSON", false},
		"JSON":                    {sameJSON, `{"a":[1,2],"b":{}}`, `{ "b": {}, "a": [1, 2] }`, true},
		"JSON in another order":   {sameJSON, `[1,2]`, `[2,1]`, false},
		"no JSON":                 {sameJSON, `{`, `{`, false},
		"case":                    {sameFolded, "Allow", "allow", true},
		"other texts":             {sameFolded, "allow", "deny", false},
		"domain":                  {sameDomain, "Example.com.", "example.COM", true},
		"other domain":            {sameDomain, "example.com", "example.org", false},
	} {
		assert.Equal(t, test.want, test.same(test.old, test.new), name)
	}
}
