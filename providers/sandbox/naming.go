package sandbox

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Naming is how a provider names what a program gives no name: the logical name, and
// behind a separator hex digits, which tell a replacement from what it replaces. With no
// digits the name is the logical one, and a replacement cannot stand beside its predecessor.
type Naming struct {
	Separator string
	Digits    int
	// Prefix is what the property ends in that gives the beginning of a name instead of the
	// whole: "Prefix" for name and namePrefix. "" when there is none.
	Prefix string
	// PrefixStays says that no longer giving the prefix is a difference like any other.
	PrefixStays bool
}

// name returns the name of a resource; attempt counts those that are taken.
func (n Naming) name(urn resource.URN, attempt int) string {
	if n.Digits == 0 {
		return urn.Name()
	}
	return urn.Name() + n.Separator + Digest(n.Digits, string(urn), fmt.Sprint(attempt))
}

// gave tells whether a name is one of those that name returns.
func (n Naming) gave(urn resource.URN, name resource.PropertyValue) bool {
	text, _ := Plain(name).(string)
	return n.Digits > 0 && strings.HasPrefix(text, urn.Name()+n.Separator) && len(text) == len(n.name(urn, 0))
}

// prefixed tells whether a property gives the beginning of a name.
func (n Naming) prefixed(property string) bool {
	return n.Prefix != "" && !n.PrefixStays && strings.HasSuffix(property, n.Prefix)
}

// naming is how a type is named.
func (p *Provider) naming(typ Type) Naming {
	if typ.Naming != nil {
		return *typ.Naming
	}
	return p.pkg.Naming
}

// autoName gives a resource without a name the one it had, or a new one: the same for
// one resource each time, unless an object has it, which is being replaced.
func (p *Provider) autoName(typ Type, r plugin.CheckRequest, inputs resource.PropertyMap) (resource.PropertyMap, error) {
	naming := p.naming(typ)
	if typ.AutoName == "" || lookup(inputs, typ.AutoName) != nil ||
		naming.Prefix != "" && lookup(inputs, typ.AutoName+naming.Prefix) != nil {
		return inputs, nil
	}
	name := lookup(r.Olds, typ.AutoName)
	for attempt := 0; name == nil; attempt++ {
		candidate := resource.NewStringProperty(naming.name(r.URN, attempt))
		if err := p.cloud.Do(func() error {
			for _, other := range p.cloud.byType[string(r.URN.Type())] {
				taken := lookup(Properties(other.Inputs), typ.AutoName)
				if naming.Digits > 0 && taken != nil && same(*taken, candidate) {
					return nil
				}
			}
			name = &candidate
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return with(inputs, typ.AutoName, *name), nil
}
