package aws

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// trustService is the trust policy that lets one AWS service assume a role.
func trustService(service string) pulumi.String {
	return pulumi.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`)
}
