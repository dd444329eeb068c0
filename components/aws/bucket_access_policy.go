package aws

import "strings"

// BucketReadWritePolicy lets its holder list the bucket, and read, write and delete
// its objects below prefix; "" or "/" is the whole bucket.
//
// (docs/reference/aws-workload-base.md 5.3;
// docs/reference/aws-workload-apps.md 7.4, 15 point 3)
func BucketReadWritePolicy(bucketARN, prefix string) PolicyDocument {
	return NewPolicyDocument(
		listBucket(bucketARN),
		PolicyStatement{Action: Actions("s3", "GetBucketLocation"), Resource: []string{bucketARN}},
		PolicyStatement{
			Action: Actions("s3", "AbortMultipartUpload", "DeleteObject", "GetObject", "GetObjectTagging", "PutObject",
				"PutObjectTagging"),
			Resource: objects(bucketARN, prefix),
		},
	)
}

// BucketReadPolicy lets its holder list the bucket, and read its objects below prefix;
// "" or "/" is the whole bucket. (as those of BucketReadWritePolicy)
func BucketReadPolicy(bucketARN, prefix string) PolicyDocument {
	return NewPolicyDocument(
		listBucket(bucketARN),
		PolicyStatement{Action: Actions("s3", "GetObject", "GetObjectTagging"), Resource: objects(bucketARN, prefix)},
	)
}

// listBucket lists the bucket. It has no condition on the prefix: whether there is a bucket
// is asked without one, as products do when they start, and older policies had none.
func listBucket(bucketARN string) PolicyStatement {
	return PolicyStatement{Action: Actions("s3", "ListBucket"), Resource: []string{bucketARN}}
}

func objects(bucketARN, prefix string) []string {
	prefix = strings.Trim(prefix, "/")
	if prefix == "" {
		return []string{bucketARN + "/*"}
	}
	return []string{bucketARN + "/" + prefix, bucketARN + "/" + prefix + "/*"}
}
