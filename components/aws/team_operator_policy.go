package aws

// TeamOperatorPolicy lets Team Operator read the secrets whose names begin with one
// of the prefixes (the workload's name: its own secret and those of its sites) and
// the master passwords that RDS keeps, which it makes the products' databases with.
// It replaces a policy for every secret of the account.
//
// (facts: aws-workload-base 5.2 row 55, 12 point 24)
func TeamOperatorPolicy(region, accountID string, secretPrefixes ...string) PolicyDocument {
	secret := "arn:aws:secretsmanager:" + region + ":" + accountID + ":secret:"
	var resources []string
	for _, prefix := range secretPrefixes {
		resources = append(resources, secret+prefix+"*")
	}
	return NewPolicyDocument(PolicyStatement{
		Action:   Actions("secretsmanager", "GetSecretValue"),
		Resource: append(resources, secret+"rds!db-*"),
	})
}
