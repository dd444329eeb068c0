package aws

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
)

// elementOf is an element of a list of what; when the list is shorter it is an error. That
// happens when a run leaves out the resource that gives the list, before it was ever made.
func elementOf(list pulumi.StringArray, i int, what string) pulumi.StringOutput {
	if i < len(list) {
		return list[i].ToStringOutput()
	}
	return apply.To(pulumi.Int(len(list)).ToIntOutput(), func(there int) (string, error) {
		return "", fmt.Errorf("%d %s are needed, there are %d: is what they come from left out of this run?", i+1, what, there)
	}).(pulumi.StringOutput)
}

// firstOf are the first elements of such a list.
func firstOf(list pulumi.StringArray, count int, what string) pulumi.StringArray {
	first := make(pulumi.StringArray, count)
	for i := range first {
		first[i] = elementOf(list, i, what)
	}
	return first
}
