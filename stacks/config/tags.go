package config

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// What AWS takes of tags. (docs.aws.amazon.com: tag-editor/latest/userguide/best-practices-and-strats.html)
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
	// ownTags are those that ptd puts on everything; controllers in the cluster and EKS put up
	// to moreTags of theirs on nodes, volumes and load balancers.
	ownTags  = 4
	moreTags = 6
)

// awsTag is what every AWS service takes in keys and values of tags.
var awsTag = pattern(`^[\p{L}\p{Z}\p{N}_.:/=+@-]*$`)

// checkTag is about one entry of a map of tags.
func checkTag(key, value string) string {
	switch {
	case key == "" || utf8.RuneCountInString(key) > maxTagKey:
		return fmt.Sprintf("a tag key must have 1 to %d characters", maxTagKey)
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return "a tag key must not begin with aws:"
	case utf8.RuneCountInString(value) > maxTagValue:
		return fmt.Sprintf("a tag value must have at most %d characters", maxTagValue)
	default:
		return ""
	}
}

// validateAWSTags checks the tags of everything that ptd makes.
func (d *decoder) validateAWSTags(path string, tags map[string]string) {
	d.validateTagText(path, tags)
	for key, value := range sorted(tags) {
		if awsTag().MatchString(key) && awsTag().MatchString(value) && (value == "" || strings.ContainsAny(key+value, "= ")) {
			d.warn(path+"."+key, "is not put on load balancers: their controller is told in an annotation, which takes no blanks, equals signs or empty values")
		}
	}
	switch count := len(tags); {
	case count > maxTags-ownTags:
		d.reject(path, "%d tags are too many: AWS takes %d of a resource, and ptd puts %d of its own on each", count, maxTags, ownTags)
	case count > maxTags-ownTags-moreTags:
		d.warn(path, "%d tags may be too many for nodes, volumes and load balancers: AWS takes %d of a resource, and there ptd, EKS and controllers put up to %d",
			count, maxTags, ownTags+moreTags)
	}
	// IAM does not tell keys apart by case: a role would have one of them twice.
	// (docs.aws.amazon.com: IAM/latest/UserGuide/id_tags.html)
	lower := map[string]string{}
	for _, own := range []string{"Name", TagTrueName, TagEnvironment, TagManagedBy} {
		lower[strings.ToLower(own)] = own
	}
	for key := range sorted(tags) {
		before, twice := lower[strings.ToLower(key)]
		if twice && before != key {
			whose := ""
			if tags[before] == "" {
				whose = ", which ptd sets"
			}
			d.reject(path+"."+key, "differs only in case from %q%s: IAM does not tell them apart", before, whose)
		}
		lower[strings.ToLower(key)] = key
	}
}

// validateTagText checks which characters tags have.
func (d *decoder) validateTagText(path string, tags map[string]string) {
	for key, value := range sorted(tags) {
		if !awsTag().MatchString(key) || !awsTag().MatchString(value) {
			d.reject(path+"."+key, "AWS takes letters, digits, spaces and _ . : / = + - @ in tags, not %q", key+": "+value)
		}
	}
}

// validateIgnoredTags checks keys of tags that others set.
func (d *decoder) validateIgnoredTags(path string, keys []string) {
	for i, key := range keys {
		if utf8.RuneCountInString(key) > maxTagKey || !awsTag().MatchString(key) {
			d.reject(path+index(i), "%q is no key that a tag can have: up to %d letters, digits, spaces and _ . : / = + - @", key, maxTagKey)
		}
	}
}
