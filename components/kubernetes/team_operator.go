package kubernetes

import (
	"errors"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TeamOperatorArgs says how the Team Operator runs. Version is required.
type TeamOperatorArgs struct {
	Installation
	// RoleARN is the IAM role of the service account team-operator-controller-manager in
	// posit-team-system; nil for none.
	RoleARN pulumi.StringInput
	// Region is the AWS region, "" for none.
	Region string
	// Image is a tag of docker.io/posit/ptd-team-operator, or a full reference; "" takes
	// the one that the chart brings.
	Image       string
	Tolerations []Toleration
	// SessionGroupLabels switches on the controller that labels the pods of Workbench sessions
	// as workbench.sessionLabels of a Site says; operators have it since 1.23.
	SessionGroupLabels bool
	// SkipCRDs leaves the definitions to others.
	SkipCRDs bool
}

// Toleration lets pods run on nodes with a taint; Value may be "".
type Toleration struct{ Key, Operator, Value, Effect string }

// NewTeamOperator installs the Team Operator, which makes the products of each Site, in
// the namespace posit-team-system. It works in posit-team. Removing it keeps its
// definitions, and with them the sites.
//
// It is an error if a required argument is missing. (docs/reference/aws-workload-apps.md 7.5)
func NewTeamOperator(ctx *pulumi.Context, name string, args *TeamOperatorArgs, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil {
		return nil, errors.New("Team Operator " + name + ": a version is required")
	}
	env := object{"WATCH_NAMESPACES": "posit-team"}
	if args.Region != "" {
		env["AWS_REGION"] = args.Region
	}
	container := object{"env": env}
	if args.Image != "" {
		repository, tag := splitImage(args.Image)
		container["image"] = object{"repository": repository, "tag": tag}
	}
	tolerations := []object{}
	for _, toleration := range args.Tolerations {
		tolerations = append(tolerations, toleration.object())
	}
	manager := object{"replicas": 1, "container": container, "tolerations": tolerations}
	if args.RoleARN != nil {
		manager["serviceAccount"] = object{"annotations": object{roleAnnotation: args.RoleARN}}
	}
	given := object{
		"controllerManager": manager,
		"crd":               object{"enable": !args.SkipCRDs, "keep": true},
	}
	if args.SessionGroupLabels {
		given["sessionGroupLabels"] = object{"enable": true}
	}
	return NewChart(ctx, name, &ChartArgs{
		ReleaseName: "team-operator", Chart: "oci://ghcr.io/posit-dev/charts/team-operator",
		Namespace: "posit-team-system", CreateNamespace: true, SkipCRDs: args.SkipCRDs,
		Installation: args.Installation,
		Values:       values(given),
	}, opts...)
}

func (t Toleration) object() object {
	made := object{"key": t.Key, "operator": t.Operator, "effect": t.Effect}
	if t.Value != "" {
		made["value"] = t.Value
	}
	return made
}

// splitImage splits an image, a bare tag of the operator's own repository among them, into
// what the chart joins with a colon. A digest therefore keeps its @.
func splitImage(image string) (repository, tag string) {
	if !strings.Contains(image, "/") {
		image = "docker.io/posit/ptd-team-operator:" + image
	}
	if repository, digest, ok := strings.Cut(image, "@"); ok {
		return repository, "@" + digest
	}
	slash := strings.LastIndexByte(image, '/')
	if colon := strings.LastIndexByte(image, ':'); colon > slash {
		return image[:colon], image[colon+1:]
	}
	return image, "latest"
}
