package kubernetes

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components"
)

// ALBIngressArgs says what a load balancer leads to, and how. ObjectName, Namespace,
// Service and CertificateARNs are required.
type ALBIngressArgs struct {
	// ObjectName is the Ingress's name.
	ObjectName, Namespace string
	// Service of the same namespace gets all requests, on port 80.
	Service string
	// HealthCheckPort and HealthCheckPath are where the nodes answer for it.
	HealthCheckPort int
	HealthCheckPath string
	// CertificateARNs are those of the HTTPS listener; the first is the default.
	CertificateARNs pulumi.StringArrayInput
	// MaxCertificates is how many a load balancer takes in this account, 25 if it is 0.
	MaxCertificates int
	// Public makes the load balancer reachable from the Internet.
	Public bool
	// SubnetNames are the Name tags of the subnets, or their ids; with none the
	// controller finds those that are tagged for it.
	SubnetNames []string
	// Tags are those of the load balancer, in their order.
	Tags   []Tag
	Labels map[string]string
	// DNS lets ExternalDNS make records; nil leaves that to others.
	DNS *IngressDNS
}

// Tag is a tag of something that a controller in the cluster makes in AWS.
type Tag struct{ Key, Value string }

// IngressDNS says which records ExternalDNS makes for a load balancer.
type IngressDNS struct {
	Hosts []string
	// SetIdentifier and Weight share the records between the clusters of a workload.
	SetIdentifier, Weight string
}

// ALBIngress is an application load balancer that terminates TLS for a cluster's own
// ingress controller.
type ALBIngress struct {
	pulumi.ResourceState

	// Hostname is the load balancer's own name; "" while the controller has not made it.
	Hostname pulumi.StringOutput `pulumi:"hostname"`
}

// certificatesOfALB is how many certificates a load balancer takes by default.
const certificatesOfALB = 25

// NewALBIngress makes an ALBIngress with the logical name name. It needs the AWS Load
// Balancer Controller in the cluster.
//
// It is an error if a required argument is missing, or if a tag cannot be written in an
// annotation. Too many certificates are an error as soon as their number is known.
//
// (docs/reference/aws-workload-apps.md 8.3)
func NewALBIngress(ctx *pulumi.Context, name string, args *ALBIngressArgs, opts ...pulumi.ResourceOption) (*ALBIngress, error) {
	if args == nil || args.ObjectName == "" || args.Namespace == "" || args.Service == "" || args.CertificateARNs == nil {
		return nil, fmt.Errorf("load balancer ingress %s: object name, namespace, service and certificates are required", name)
	}
	annotations, err := args.annotations(name)
	if err != nil {
		return nil, fmt.Errorf("load balancer ingress %s: %w", name, err)
	}
	made := &ALBIngress{}
	err = components.Register(ctx, "ptd:kubernetes:ALBIngress", name, made, func(child pulumi.ResourceOption) error {
		described := metadata(args.Namespace, args.ObjectName, args.Labels)
		described["annotations"] = annotations
		ingress, err := NewObject(ctx, name, "networking.k8s.io/v1", "Ingress", values(object{
			"metadata": described,
			"spec": object{
				"ingressClassName": "alb",
				"rules": []object{{"http": object{"paths": []object{{
					"path": "/*", "pathType": "ImplementationSpecific",
					"backend": object{"service": object{"name": args.Service, "port": object{"number": 80}}},
				}}}}},
			},
		}), child)
		if err != nil {
			return err
		}
		made.Hostname = apply.To(ingress.Status, hostnameOf).(pulumi.StringOutput)
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

// hostnameOf reads status.loadBalancer.ingress[0].hostname.
func hostnameOf(status any) string {
	fields, _ := status.(object)
	balancer, _ := fields["loadBalancer"].(object)
	ingresses, _ := balancer["ingress"].([]any)
	if len(ingresses) == 0 {
		return ""
	}
	first, _ := ingresses[0].(object)
	hostname, _ := first["hostname"].(string)
	return hostname
}

func (args *ALBIngressArgs) annotations(name string) (pulumi.StringMap, error) {
	const alb, dns = "alb.ingress.kubernetes.io/", "external-dns.alpha.kubernetes.io/"
	tags, err := TagsAnnotation(args.Tags)
	if err != nil {
		return nil, err
	}
	annotations := pulumi.StringMap{
		alb + "ssl-redirect":             pulumi.String("443"),
		alb + "listen-ports":             pulumi.String(`[{"HTTP": 80}, {"HTTPS": 443}]`),
		alb + "backend-protocol":         pulumi.String("HTTP"),
		alb + "healthcheck-protocol":     pulumi.String("HTTP"),
		alb + "certificate-arn":          args.certificates(name),
		alb + "ssl-policy":               pulumi.String("ELBSecurityPolicy-TLS13-1-2-2021-06"),
		alb + "load-balancer-attributes": pulumi.String("routing.http.drop_invalid_header_fields.enabled=true,idle_timeout.timeout_seconds=300"),
		alb + "scheme":                   pulumi.String("internal"),
	}
	if args.Public {
		annotations[alb+"scheme"] = pulumi.String("internet-facing")
	}
	optional := map[string]string{
		alb + "healthcheck-path": args.HealthCheckPath,
		alb + "tags":             tags,
		alb + "subnets":          strings.Join(args.SubnetNames, ","),
	}
	if args.HealthCheckPort != 0 {
		optional[alb+"healthcheck-port"] = fmt.Sprint(args.HealthCheckPort)
	}
	if args.DNS != nil {
		maps.Copy(optional, map[string]string{
			dns + "hostname":       strings.Join(slices.Compact(slices.Sorted(slices.Values(args.DNS.Hosts))), ","),
			dns + "set-identifier": args.DNS.SetIdentifier,
			dns + "aws-weight":     args.DNS.Weight,
		})
	}
	for annotation, value := range optional {
		if value != "" {
			annotations[annotation] = pulumi.String(value)
		}
	}
	return annotations, nil
}

// certificates are the certificates, each once, as the annotation has them.
func (args *ALBIngressArgs) certificates(name string) pulumi.StringOutput {
	return apply.To(args.CertificateARNs.ToStringArrayOutput(), func(arns []string) (string, error) {
		var once []string
		for _, arn := range arns {
			if !slices.Contains(once, arn) {
				once = append(once, arn)
			}
		}
		if most := cmp.Or(args.MaxCertificates, certificatesOfALB); len(once) > most {
			return "", fmt.Errorf("load balancer ingress %s: %d certificates, a load balancer takes %d: "+
				"give each site a load balancer of its own", name, len(once), most)
		}
		return strings.Join(once, ","), nil
	}).(pulumi.StringOutput)
}

// TagsAnnotation writes tags as the AWS Load Balancer Controller reads them. It is an
// error if one cannot be written so, or if AWS would not take it.
func TagsAnnotation(tags []Tag) (string, error) {
	written := make([]string, len(tags))
	for i, tag := range tags {
		problem := ""
		switch {
		case tag.Key == "" || tag.Value == "":
			problem = "neither key nor value may be empty"
		case strings.ContainsFunc(tag.Key+tag.Value, func(r rune) bool { return strings.ContainsRune(",= \t\r\n\v\f", r) }):
			problem = "commas, equals signs and blanks cannot be written in an annotation"
		case utf8.RuneCountInString(tag.Key) > 128:
			problem = "a key has at most 128 characters"
		case utf8.RuneCountInString(tag.Value) > 256:
			problem = "a value has at most 256 characters"
		case strings.HasPrefix(strings.ToLower(tag.Key), "aws:"):
			problem = "keys that begin with aws: are Amazon's own"
		}
		if problem != "" {
			return "", fmt.Errorf("tag %q with the value %q: %s", tag.Key, tag.Value, problem)
		}
		written[i] = tag.Key + "=" + tag.Value
	}
	return strings.Join(written, ","), nil
}
