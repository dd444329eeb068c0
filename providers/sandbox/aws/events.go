package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const (
	queueType       = "aws:sqs/queue:Queue"
	eventRuleType   = "aws:cloudwatch/eventRule:EventRule"
	eventTargetType = "aws:cloudwatch/eventTarget:EventTarget"
)

// events are queues, and the rules that send events to them.
func events() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		queueType: {
			Args: shape(sqs.QueueArgs{}), AutoName: "name", Replace: []string{"name", "namePrefix", "fifoQueue"},
			Defaults: map[string]any{
				"delaySeconds": 0.0, "fifoQueue": false, "contentBasedDeduplication": false, "maxMessageSize": 262144.0,
				"messageRetentionSeconds": 345600.0, "receiveWaitTimeSeconds": 0.0, "visibilityTimeoutSeconds": 30.0,
			},
			Computed: []string{"policy", "sqsManagedSseEnabled", "kmsDataKeyReusePeriodSeconds"}, Equal: meanings(samePolicy, "policy"),
			Outputs: []string{"arn", "name", "url", "policy", "sqsManagedSseEnabled", "tagsAll"},
			Unique:  rule.Unique("QueueAlreadyExists: A queue already exists with the same name and a different value for attribute: %s", "name"),
			Check: rule.All(
				rule.Matches("name", `^[A-Za-z0-9_-]{1,80}(\.fifo)?$`, "is not a queue name of at most 80 letters, digits, - and _"),
				rule.Between("messageRetentionSeconds", 60, 1209600), rule.Between("visibilityTimeoutSeconds", 0, 43200),
				rule.Between("delaySeconds", 0, 900), rule.Between("receiveWaitTimeSeconds", 0, 20),
				rule.Exclusive("kmsMasterKeyId", "sqsManagedSseEnabled"), policyDocument("policy", "Resource", 10240)),
			Create: func(o *sandbox.Operation) error {
				name, err := nameOf(o, "name")
				o.ID = fmt.Sprintf("https://sqs.%s.amazonaws.com/%s/%s", o.Region, o.Account, name)
				o.Outputs["arn"], o.Outputs["url"] = arn(o, "sqs", name), o.ID
				if _, given := o.Inputs["sqsManagedSseEnabled"]; !given {
					o.Outputs["sqsManagedSseEnabled"] = true
				}
				return err
			},
		},
		"aws:sqs/queuePolicy:QueuePolicy": {
			Args: shape(sqs.QueuePolicyArgs{}), Replace: []string{"queueUrl"},
			References: []sandbox.Reference{rule.Reference("queueUrl", queueType, "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist: %s")},
			// A policy is put: a second resource takes the place of the first, and the deletion of
			// either takes the policy away.
			Overwrites: func(sandbox.Inputs) bool { return true }, Equal: meanings(samePolicy, "policy"),
			Check:  checkQueuePolicy,
			Create: named("queueUrl", "", ""),
		},
		eventRuleType: {
			Args: shape(cloudwatch.EventRuleArgs{}), AutoName: "name", Replace: []string{"name", "namePrefix", "eventBusName"},
			Defaults: map[string]any{"eventBusName": "default", "forceDestroy": false, "state": "ENABLED"},
			Equal:    meanings(sameJSON, "eventPattern"), Unread: []string{"forceDestroy"},
			Outputs: []string{"arn", "name", "tagsAll"},
			Unique:  rule.Unique("ResourceAlreadyExistsException: Rule %s already exists.", "eventBusName", "name"),
			Check: rule.All(checkEventRule, rule.Exclusive("isEnabled", "state"),
				rule.Matches("name", `^[0-9A-Za-z_.-]{1,64}$`, "is not a rule name of at most 64 letters, digits and _.-"),
				rule.OneOf("state", "ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")),
			Create: named("name", "events", "rule/"),
			Delete: func(o *sandbox.Operation) error {
				for _, target := range o.Cloud.OfType(eventTargetType) {
					if target.Account == o.Account && target.Region == o.Region && target.String("rule") == o.ID {
						return errors.New("ValidationException: Rule can't be deleted since it has targets")
					}
				}
				return nil
			},
		},
		eventTargetType: {
			Args: shape(cloudwatch.EventTargetArgs{}), Replace: []string{"rule", "targetId", "eventBusName"},
			Defaults: map[string]any{"eventBusName": "default", "forceDestroy": false}, Outputs: []string{"targetId"},
			Computed: []string{"targetId"}, Unread: []string{"forceDestroy"},
			References: []sandbox.Reference{
				rule.Weak(rule.Reference("rule", eventRuleType, "ResourceNotFoundException: Rule %s does not exist on EventBus default.")),
				rule.Unless(isNoQueue, rule.By("arn", queueType, "arn", "ValidationException: the queue %s does not exist")),
			},
			Unique: rule.Unique("the rule and target %s exist already", "rule", "targetId"),
			Create: func(o *sandbox.Operation) error {
				target, given := o.Inputs.Text("targetId")
				if !given {
					target = o.NewID("pulumi-", 26)
					o.Outputs["targetId"] = target
				}
				o.ID = fmt.Sprintf("%v-%s", o.Inputs["rule"], target)
				return nil
			},
		},
	}
}

func isNoQueue(arn string) bool {
	service, _, _ := parseARN(arn)
	return service != "sqs"
}

// checkQueuePolicy checks a policy that is text or an object.
func checkQueuePolicy(in sandbox.Inputs) []sandbox.Problem {
	document, _ := in.Text("policy")
	if object := in.Map("policy"); object != nil {
		content, err := json.Marshal(object)
		if err != nil {
			return rule.One("policy", "%v", err)
		}
		document = string(content)
	}
	if document == "" {
		return nil
	}
	return policyDocument("policy", "Principal", 20480)(sandbox.Inputs{"policy": document})
}

// checkEventRule checks what a rule matches: a pattern in JSON whose leaves are lists, or
// a schedule.
func checkEventRule(in sandbox.Inputs) []sandbox.Problem {
	_, scheduled := in["scheduleExpression"]
	if _, given := in["eventPattern"]; !given && !scheduled {
		return rule.One("eventPattern", "one of eventPattern, scheduleExpression is required")
	}
	text, ok := in.Text("eventPattern")
	if !ok {
		return nil
	}
	var pattern map[string]any
	if err := json.Unmarshal([]byte(text), &pattern); err != nil {
		return rule.One("eventPattern", "InvalidEventPatternException: Event pattern is not valid. Reason: %v", err)
	}
	if key := noList(pattern); key != "" {
		return rule.One("eventPattern", "InvalidEventPatternException: Event pattern is not valid. Reason: %q must be an object or an array", key)
	}
	return nil
}

func noList(pattern map[string]any) string {
	for _, key := range slices.Sorted(maps.Keys(pattern)) {
		switch value := pattern[key].(type) {
		case []any:
		case map[string]any:
			if inner := noList(value); inner != "" {
				return strings.Join([]string{key, inner}, ".")
			}
		default:
			return key
		}
	}
	return ""
}
