package ensure

// guarded are the types whose objects hold what cannot be made again: data, keys,
// and what everything else hangs on (docs/reference/design.md 5).
var guarded = map[string]bool{
	"aws:dynamodb/table:Table":                     true,
	"aws:ec2/subnet:Subnet":                        true,
	"aws:ec2/vpc:Vpc":                              true,
	"aws:ecr/repository:Repository":                true,
	"aws:efs/fileSystem:FileSystem":                true,
	"aws:eks/cluster:Cluster":                      true,
	"aws:fsx/openZfsFileSystem:OpenZfsFileSystem":  true,
	"aws:kms/key:Key":                              true,
	"aws:rds/cluster:Cluster":                      true,
	"aws:rds/instance:Instance":                    true,
	"aws:route53/zone:Zone":                        true,
	"aws:s3/bucket:Bucket":                         true,
	"aws:s3/bucketV2:BucketV2":                     true,
	"aws:secretsmanager/secret:Secret":             true,
	"eks:index:Cluster":                            true,
	"kubernetes:core/v1:PersistentVolume":          true,
	"kubernetes:core/v1:PersistentVolumeClaim":     true,
	"postgresql:index/database:Database":           true,
	"random:index/randomPassword:RandomPassword":   true,
	"tls:index/privateKey:PrivateKey":              true,
	"azure-native:containerregistry:Registry":      true,
	"azure-native:containerservice:ManagedCluster": true,
	"azure-native:dbforpostgresql:Database":        true,
	"azure-native:dbforpostgresql:Server":          true,
	"azure-native:dns:Zone":                        true,
	"azure-native:keyvault:Key":                    true,
	"azure-native:keyvault:Secret":                 true,
	"azure-native:keyvault:Vault":                  true,
	"azure-native:netapp:CapacityPool":             true,
	"azure-native:netapp:CapacityPoolVolume":       true,
	"azure-native:netapp:NetAppAccount":            true,
	"azure-native:network:VirtualNetwork":          true,
	"azure-native:privatedns:PrivateZone":          true,
	"azure-native:storage:BlobContainer":           true,
	"azure-native:storage:FileShare":               true,
	"azure-native:storage:StorageAccount":          true,
}

// settings are the types that set something which a bucket, a queue, a role, a rule or a zone
// has once. The cloud only knows to put it, so that a resource which takes another's place
// loses the setting when the other is deleted. (docs/reference/aws-replacement.md part 2)
var settings = map[string][]string{
	"aws:cloudwatch/eventTarget:EventTarget":                               {"rule", "targetId"},
	"aws:efs/backupPolicy:BackupPolicy":                                    {"fileSystemId"},
	"aws:iam/rolePolicy:RolePolicy":                                        {"role", "name"},
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":                    {"role", "policyArn"},
	"aws:route53/record:Record":                                            {"zoneId", "name", "type"},
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {"bucket"},
	"aws:s3/bucketPolicy:BucketPolicy":                                     {"bucket"},
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":               {"bucket"},
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                         {"bucket"},
	"aws:sqs/queuePolicy:QueuePolicy":                                      {"queueUrl"},
}
