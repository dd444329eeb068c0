package engine

import (
	"fmt"
	"sort"
	"strings"

	pulumidisplay "github.com/pulumi/pulumi/pkg/v3/display"
	pulumi "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Event is what an operation reports: a Change, a Diagnostic or a Progress.
type Event interface{ event() }

// Kind is what happens to a resource.
type Kind string

// The kinds. A replacement is one change.
const (
	Create  Kind = "create"
	Update  Kind = "update"
	Replace Kind = "replace"
	Delete  Kind = "delete"
	Same    Kind = "same"
	// Drift is a difference between state and reality, found by a refresh.
	Drift Kind = "drift"
)

// Change tells that something happened to a resource, or in a preview that it would.
type Change struct {
	Kind    Kind
	URN     string
	Type    string
	Name    string
	Planned bool
	// Differences are the properties that change, with values for people: secrets
	// masked, long values cut.
	Differences []Difference
	// RetainOnDelete is true when a delete leaves the cloud's object alone.
	RetainOnDelete bool
	// Protected is true, in a plan, when the resource is protected by the state.
	Protected bool
	// Parent is the URN of the resource's parent in the state; "" for what is new.
	Parent string

	// Retained is true when a later delete leaves alone what is made now.
	Retained bool
	// Awaits are, of a planned replacement, the URNs of what the same plan makes and its inputs
	// come from: whether anything is replaced is known when that is there.
	Awaits []string
	// GoneWith is true for what was in something that is gone, see Plugins.Gone.
	GoneWith bool
	// Inputs are the new ones, of a delete those in the state. They may hold secrets.
	Inputs resource.PropertyMap

	provider string // its URN
}

// Text is an input of the change, if it is a known text that is no secret.
func (c Change) Text(input string) (text string, known bool) {
	value := c.Inputs[resource.PropertyKey(input)]
	if !value.IsString() {
		return "", false
	}
	return value.StringValue(), true
}

// Difference is one property that changes.
type Difference struct {
	Path     string
	Old, New string
	// Replaces is true when this property forces the replacement.
	Replaces bool
}

// Diagnostic is a message of the engine, a provider or the program.
type Diagnostic struct {
	Severity diag.Severity
	URN      string
	Message  string
}

// Progress tells that the work on a resource has begun, how it stands, or that it has ended.
type Progress struct {
	Kind            Kind
	URN, Type, Name string
	// Status is what the provider waits for, as it last said; "" when it has said nothing.
	Status string
	Ended  bool
}

func (Change) event()     {}
func (Diagnostic) event() {}
func (Progress) event()   {}

// kinds maps the engine's steps to what they are for a user. Steps that are missing
// are halves of a replacement or reads.
var kinds = map[pulumidisplay.StepOp]Kind{
	deploy.OpSame:                 Same,
	deploy.OpCreate:               Create,
	deploy.OpImport:               Create,
	deploy.OpUpdate:               Update,
	deploy.OpReplace:              Replace,
	deploy.OpImportReplacement:    Replace,
	deploy.OpDelete:               Delete,
	deploy.OpRefresh:              Drift,
	deploy.OpRemovePendingReplace: Delete,
}

// change translates a step of the engine; ok is false for steps that users need not
// see.
func change(metadata pulumi.StepEventMetadata, planned bool) (c Change, ok bool) {
	kind, ok := kinds[metadata.Op]
	if !ok {
		return Change{}, false
	}
	c = Change{
		Kind: kind, URN: string(metadata.URN), Type: string(metadata.Type), Name: metadata.URN.Name(), Planned: planned,
	}
	if metadata.Old != nil {
		if kind == Delete && metadata.Old.State != nil {
			c.Inputs = metadata.Old.State.Inputs
		}
		c.RetainOnDelete, c.Parent = metadata.Old.RetainOnDelete, string(metadata.Old.Parent)
		if metadata.Old.State != nil {
			c.provider = providerURN(metadata.Old.State.Provider)
		}
	}
	if metadata.New != nil && metadata.New.State != nil {
		c.Inputs, c.Retained = metadata.New.State.Inputs, metadata.New.State.RetainOnDelete
		c.provider = providerURN(metadata.New.State.Provider)
	}
	if kind == Update || kind == Replace || kind == Drift {
		c.Differences = differences(metadata)
	}
	return c, true
}

func differences(metadata pulumi.StepEventMetadata) []Difference {
	var old, new resource.PropertyMap
	if metadata.Old != nil {
		old = metadata.Old.Inputs
	}
	if metadata.New != nil {
		new = metadata.New.Inputs
	}
	var found []Difference
	if metadata.DetailedDiff != nil {
		for path, how := range metadata.DetailedDiff {
			found = append(found, Difference{
				Path: path, Old: valueAt(old, path), New: valueAt(new, path), Replaces: how.Kind.IsReplace(),
			})
		}
	} else {
		replaces := map[resource.PropertyKey]bool{}
		for _, key := range metadata.Keys {
			replaces[key] = true
		}
		for _, key := range append(append([]resource.PropertyKey{}, metadata.Diffs...), metadata.Keys...) {
			found = append(found, Difference{
				Path: string(key), Old: valueAt(old, string(key)), New: valueAt(new, string(key)), Replaces: replaces[key],
			})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Path < found[j].Path })
	return found
}

// valueAt renders the property at path for people. Secrets stay hidden, also inside
// of lists and maps.
func valueAt(properties resource.PropertyMap, path string) string {
	parsed, err := resource.ParsePropertyPath(path)
	if err != nil {
		return ""
	}
	value, ok := parsed.Get(resource.NewObjectProperty(properties))
	if !ok {
		return ""
	}
	// A secret on the way to the value hides it, too.
	for i := range parsed {
		if above, ok := parsed[:i].Get(resource.NewObjectProperty(properties)); ok && above.IsSecret() {
			return "[secret]"
		}
	}
	return render(value)
}

func render(value resource.PropertyValue) string {
	switch {
	case value.IsSecret() || value.IsOutput() && value.OutputValue().Secret:
		return "[secret]"
	case value.IsComputed() || value.IsOutput():
		return "(known after apply)"
	case value.IsNull():
		return ""
	case value.IsArray():
		elements := make([]string, len(value.ArrayValue()))
		for i, element := range value.ArrayValue() {
			elements[i] = render(element)
		}
		return shorten("[" + strings.Join(elements, " ") + "]")
	case value.IsObject():
		var fields []string
		for _, key := range value.ObjectValue().StableKeys() {
			fields = append(fields, string(key)+": "+render(value.ObjectValue()[key]))
		}
		return shorten("{" + strings.Join(fields, ", ") + "}")
	default:
		return shorten(fmt.Sprint(value.V))
	}
}

func shorten(text string) string {
	const limit = 120
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}

// diagnostic translates a message, without the colour marks of Pulumi's display.
func diagnostic(payload pulumi.DiagEventPayload) Diagnostic {
	if payload.Severity == diag.Infoerr { // what a program printed stays as it is
		return Diagnostic{Severity: payload.Severity, URN: string(payload.URN), Message: strings.TrimSuffix(payload.Message, "\n")}
	}
	message := colors.Never.Colorize(payload.Prefix + payload.Message)
	for _, prefix := range []string{"error: ", "warning: ", "info: ", "debug: "} {
		message = strings.TrimPrefix(message, prefix)
	}
	return Diagnostic{Severity: payload.Severity, URN: string(payload.URN), Message: strings.TrimSpace(message)}
}
