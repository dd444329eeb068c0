package kubernetes

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// ObjectStore is where Loki and Mimir keep what they have: S3.
type ObjectStore interface {
	complete() bool
	// kind is what Loki calls it.
	kind() string
	// loki and mimir are what the configurations of the two say of it.
	loki() object
	mimir() object
}

// S3 is a bucket of AWS in a region; both are required.
type S3 struct {
	Bucket pulumi.StringInput
	Region string
}

func (s S3) complete() bool { return s.Bucket != nil && s.Region != "" }

func (s S3) kind() string { return "s3" }

func (s S3) loki() object {
	return object{
		"storage": object{
			"type":        "s3",
			"bucketNames": object{"chunks": s.Bucket, "ruler": s.Bucket, "admin": s.Bucket},
			"s3": object{
				"region":           s.Region,
				"insecure":         false,
				"s3ForcePathStyle": false,
				"backoff_config": object{
					"min_period": "100ms", "max_period": "10s", "max_retries": 5,
				},
				"http_config": object{
					"idle_conn_timeout": "90s", "response_header_timeout": "30s",
					"insecure_skip_verify": false,
				},
			},
		},
		"storage_config": object{"hedging": object{
			"at": "250ms", "max_per_second": 20, "up_to": 3,
		}},
	}
}

func (s S3) mimir() object {
	return object{"blocks_storage": object{
		"backend": "s3", "storage_prefix": "blocks",
		"s3": object{"bucket_name": s.Bucket, "endpoint": "s3." + s.Region + ".amazonaws.com", "insecure": false},
	}}
}
