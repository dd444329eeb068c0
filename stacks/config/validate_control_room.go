package config

import "strings"

func (d *decoder) validateAWSControlRoom(c *AWSControlRoom) {
	if trueName, environment := splitControlRoomName(c.Name); trueName == "" || environment == "" {
		d.reject("", "the target's directory %q must be named {name}-{environment}", c.Name)
	} else if !awsName().MatchString(c.Name) {
		d.reject("", "the names of buckets and databases need a target of lower-case letters, digits and single hyphens that begins with a letter, not %q", c.Name)
	}
	if bucket := stateBucket(c.Name); len(bucket) > maxBucketName {
		d.reject("", "the state bucket %s has %d characters, and S3 takes %d: the target's directory needs a shorter name", bucket, len(bucket), maxBucketName)
	}
	d.validateAWSTags("spec.resource_tags", c.ResourceTags)
	d.validateIgnoredTags("spec.ignore_tags", c.IgnoreTags)
	if c.EKSNodeGroupMin > c.EKSNodeGroupMax {
		d.reject("spec.eks_node_group_min", "%d must be at most eks_node_group_max, which is %d", c.EKSNodeGroupMin, c.EKSNodeGroupMax)
	}
	d.warnSmall("spec.eks_node_instance_type", c.EKSNodeInstanceType)
	d.validateAccessEntries("spec.eks_access_entries", c.EKSAccessEntries)
	emails := map[string]bool{}
	for i, user := range c.TrustedUsers {
		email := strings.ToLower(user.Email)
		if email != "" && emails[email] {
			d.reject("spec.trusted_users"+index(i)+".email", "%q is given twice", user.Email)
		}
		emails[email] = true
	}
}

// validatePair checks a workload's control_room_* keys against the control room itself.
func (d *decoder) validatePair(w *WorkloadCommon, c *AWSControlRoom) {
	differs := func(key, value, expected string) {
		if value != "" && value != expected {
			path := "spec." + key
			d.problem(d.place(path), path, expected, "%q is not what control room %s has", value, c.Name)
		}
	}
	differs("control_room_account_id", w.ControlRoomAccountID, c.AccountID)
	differs("control_room_region", w.ControlRoomRegion, c.Region)
	if w.ControlRoomDomain != c.Domain { // either name of the control room will do
		differs("control_room_domain", w.ControlRoomDomain, c.Edge())
	}
}
