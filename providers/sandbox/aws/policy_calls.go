package aws

import (
	"context"
	"fmt"

	awsedge "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/sandbox"
)

type policyCalls struct{ *account }

func (p policyCalls) GetPolicy(_ context.Context, arn string) (policy awsedge.Policy, err error) {
	err = p.do("read", policyType, arn, func() error {
		object := p.named(policyType, "arn", arn)
		if object == nil {
			return fmt.Errorf("policy %s: %w", arn, awsedge.ErrNotFound)
		}
		policy = awsedge.Policy{ARN: object.ID, Name: object.Name(), Document: object.String("policy")}
		return nil
	})
	return policy, err
}

func (p policyCalls) CreatePolicy(_ context.Context, name, description, document string, tags map[string]string) (policy awsedge.Policy, err error) {
	for _, problem := range identityPolicy("policy", "Resource", 6144)(sandbox.Inputs{"policy": document}) {
		return policy, fmt.Errorf("policy %s: %s", name, problem.Text)
	}
	err = p.do("create", policyType, name, func() error {
		arn := fmt.Sprintf("arn:aws:iam::%s:policy/%s", p.id, name)
		if p.named(policyType, "arn", arn) != nil {
			return fmt.Errorf("policy %s: %w", name, awsedge.ErrExists)
		}
		policy = awsedge.Policy{ARN: arn, Name: name, Document: document}
		return p.cloud.Put(&sandbox.Object{
			Provider: "aws", Type: policyType, ID: arn, Account: p.id,
			Inputs:  map[string]any{"name": name, "description": description, "policy": document, "tags": anyTags(tags), "path": "/"},
			Outputs: map[string]any{"arn": arn},
		})
	})
	return policy, err
}
