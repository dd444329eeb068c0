package aws

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
)

// elementOf is an element of a list of what; when the list is shorter it is an error. That
// happens when a run leaves out the resource that gives the list, before it was ever made. The
// SDK's own Index would end the whole process then.
func elementOf(list pulumi.StringArrayInput, i int, what string) pulumi.StringOutput {
	return apply.To(list.ToStringArrayOutput(), func(elements []string) (string, error) {
		if i >= len(elements) {
			return "", fmt.Errorf("%d %s are needed, there are %d: is what they come from left out of this run?", i+1, what, len(elements))
		}
		return elements[i], nil
	}).(pulumi.StringOutput)
}
