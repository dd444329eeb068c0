package aws

import "strings"

// BucketReadWritePolicy lets its holder list the bucket and read, write and delete
// its objects below prefix; "" or "/" is the whole bucket.
//
// (docs/reference/aws-workload-base.md 5.3;
// docs/reference/aws-workload-apps.md 7.4, 15 point 3)
func BucketReadWritePolicy(bucketARN, prefix string) PolicyDocument {
	return NewPolicyDocument(
		listBucket(bucketARN, prefix),
		PolicyStatement{Action: Actions("s3", "GetBucketLocation"), Resource: []string{bucketARN}},
		PolicyStatement{
			Action: Actions("s3", "AbortMultipartUpload", "DeleteObject", "GetObject", "GetObjectTagging", "PutObject",
				"PutObjectTagging"),
			Resource: objects(bucketARN, prefix),
		},
	)
}

// BucketReadPolicy lets its holder list the bucket and read its objects below prefix;
// "" or "/" is the whole bucket. (as those of BucketReadWritePolicy)
func BucketReadPolicy(bucketARN, prefix string) PolicyDocument {
	return NewPolicyDocument(
		listBucket(bucketARN, prefix),
		PolicyStatement{Action: Actions("s3", "GetObject", "GetObjectTagging"), Resource: objects(bucketARN, prefix)},
	)
}

// listBucket lists what is below prefix. A list of everything asks for no prefix at
// all, which the condition does not let through.
func listBucket(bucketARN, prefix string) PolicyStatement {
	statement := PolicyStatement{Action: Actions("s3", "ListBucket"), Resource: []string{bucketARN}}
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		statement.Condition = map[string]map[string][]string{
			"StringLike": {"s3:prefix": {prefix, prefix + "/*"}},
		}
	}
	return statement
}

func objects(bucketARN, prefix string) []string {
	prefix = strings.Trim(prefix, "/")
	if prefix == "" {
		return []string{bucketARN + "/*"}
	}
	return []string{bucketARN + "/" + prefix, bucketARN + "/" + prefix + "/*"}
}
