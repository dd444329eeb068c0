package aws

import "strings"

// BucketReadWritePolicy lets its holder list the bucket and read, write and delete
// its objects below prefix; "" or "/" is the whole bucket.
//
// HeadObject and ListObjects are no actions of IAM, which ignores them. They are
// kept because they are in every policy that exists: (facts: aws-workload-base 5.3)
func BucketReadWritePolicy(bucketARN, prefix string) PolicyDocument {
	return NewPolicyDocument(PolicyStatement{
		Action: Actions("s3", "AbortMultipartUpload", "DeleteObject", "GetBucketLocation", "GetObject", "GetObjectTagging",
			"HeadObject", "ListBucket", "ListObjects", "PutObject", "PutObjectTagging"),
		Resource: bucketResources(bucketARN, prefix),
	})
}

// BucketReadPolicy lets its holder list the bucket and read its objects below prefix;
// "" or "/" is the whole bucket. (facts: aws-workload-base 5.3)
func BucketReadPolicy(bucketARN, prefix string) PolicyDocument {
	return NewPolicyDocument(PolicyStatement{
		Action:   Actions("s3", "ListBucket", "ListObjects", "GetObject", "GetObjectTagging", "HeadObject"),
		Resource: bucketResources(bucketARN, prefix),
	})
}

func bucketResources(bucketARN, prefix string) []string {
	prefix = strings.Trim(prefix, "/")
	if prefix == "" {
		return []string{bucketARN, bucketARN + "/*"}
	}
	return []string{bucketARN, bucketARN + "/" + prefix, bucketARN + "/" + prefix + "/*"}
}
