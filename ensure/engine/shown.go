package engine

import (
	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// shown is an event for Pulumi's tree of progress, which writes to a terminal by itself: with
// the messages and names in it made printable.
func shown(event engine.Event) engine.Event {
	switch payload := event.Payload().(type) {
	case engine.DiagEventPayload:
		payload.Message, payload.Prefix = printable(payload.Message, "\n\t"), printable(payload.Prefix, "\n\t")
		payload.URN = printableURN(payload.URN)
		return engine.NewEvent(payload)
	case engine.ResourcePreEventPayload:
		payload.Metadata = shownStep(payload.Metadata)
		return engine.NewEvent(payload)
	case engine.ResourceOutputsEventPayload:
		payload.Metadata = shownStep(payload.Metadata)
		return engine.NewEvent(payload)
	case engine.ResourceOperationFailedPayload:
		payload.Metadata = shownStep(payload.Metadata)
		return engine.NewEvent(payload)
	}
	return event
}

func shownStep(metadata engine.StepEventMetadata) engine.StepEventMetadata {
	metadata.URN = printableURN(metadata.URN)
	for _, state := range []**engine.StepEventStateMetadata{&metadata.Old, &metadata.New, &metadata.Res} {
		if *state != nil {
			named := **state
			named.URN, named.Parent = printableURN(named.URN), printableURN(named.Parent)
			*state = &named
		}
	}
	return metadata
}

func printableURN(urn resource.URN) resource.URN { return resource.URN(Printable(string(urn))) }
