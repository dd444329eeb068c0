package eks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
)

func TestDeriveKeepsWhatIsKnownOfValues(t *testing.T) {
	t.Parallel()
	join := func(known []value) value { return text(known[0].StringValue() + known[1].StringValue()) }
	secret := resource.MakeSecret(text("b"))
	from := resource.NewOutputProperty(resource.Output{Element: text("a"), Known: true, Dependencies: []resource.URN{"urn:a"}})
	assert.Equal(t, text("ab"), derive(join, text("a"), text("b")))
	assert.Equal(t, resource.Output{
		Element: text("ab"), Known: true, Secret: true, Dependencies: []resource.URN{"urn:a"},
	}, derive(join, from, secret).OutputValue())
	unknown := derive(join, from, resource.MakeComputed(text(""))).OutputValue()
	assert.False(t, unknown.Known)
	assert.Equal(t, []resource.URN{"urn:a"}, unknown.Dependencies)
}

func TestPath(t *testing.T) {
	t.Parallel()
	from := object(map[string]value{
		"list": list(object(map[string]value{"name": resource.MakeSecret(text("a"))})), "later": resource.MakeComputed(text("")),
	})
	found, known := at(from, "list", 0, "name")
	assert.True(t, known)
	assert.True(t, found.IsSecret())
	found, known = at(from, "list", 1, "name")
	assert.True(t, known && found.IsNull())
	_, known = at(from, "later", "name")
	assert.False(t, known)
}

func TestImageOfAnOperatingSystem(t *testing.T) {
	t.Parallel()
	for want, from := range map[string][]value{
		"AL2023_x86_64_STANDARD":     {text("AL2023"), resource.NewNullProperty(), list(text("m5.large"))},
		"AL2023_ARM_64_STANDARD":     {text("AL2023"), flag(false), list(text("m6g.large"))},
		"AL2023_x86_64_NVIDIA":       {text("AL2023"), flag(true), list(text("g5.xlarge"))},
		"BOTTLEROCKET_ARM_64":        {text("Bottlerocket"), flag(false), list(text("c7gn.large"))},
		"BOTTLEROCKET_x86_64_NVIDIA": {text("Bottlerocket"), flag(true), resource.NewNullProperty()},
	} {
		assert.Equal(t, text(want), imageOf(from))
	}
}

func TestRoleMappings(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `- rolearn: arn:aws:iam::123456789012:role/admin
  username: 'admin'
  groups:
    - system:masters
`, mapped(list(object(map[string]value{
		"roleArn": text("arn:aws:iam::123456789012:role/admin"), "username": text("admin"), "groups": list(text("system:masters")),
	})), "rolearn", "roleArn"))
	assert.Equal(t, "[]\n", orEmpty(mapped(resource.NewNullProperty(), "rolearn", "roleArn")))
}
