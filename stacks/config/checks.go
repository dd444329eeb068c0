package config

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// check says what is wrong with a text, "" for nothing, and what was probably meant.
type check func(text string) (problem, suggestion string)

// checks are the formats that check tags name.
var checks = sync.OnceValue(func() map[string]check {
	return map[string]check{
		"account-id":        form(`\d{12}`, "must be an AWS account id: 12 digits"),
		"addon-version":     form(`v\d+\.\d+\.\d+-eksbuild\.\d+`, "must be the version of an EKS add-on such as v1.41.0-eksbuild.1"),
		"ami-alias":         form(`(al2|al2023|bottlerocket|windows2019|windows2022)@(latest|v\d[0-9.]*)`, "must be the alias of an image such as al2023@v20250403"),
		"ami-id":            form(`ami-([0-9a-f]{8}|[0-9a-f]{17})`, "must be an image id (ami-...)"),
		"ami-release":       form(`\d+\.\d+\.\d+-[0-9a-z]+`, "must be the release of an EKS image such as 1.33.4-20250920"),
		"ami-type":          form(`[A-Za-z0-9_]+`, "must be an EKS AMI type such as AL2023_x86_64_STANDARD"),
		"access-point-id":   form(`fsap-[0-9a-f]+`, "must be an EFS access point id: it starts with fsap-"),
		"any-vpc-id":        form(`vpc-([0-9a-f]{8}|[0-9a-f]{17})`, "must be a VPC id: vpc- and 17 (or 8) hexadecimal digits"),
		"access-policy":     arn(form(`arn:aws:eks::aws:cluster-access-policy/[A-Za-z0-9]+`, "must be the ARN of an access policy of EKS (arn:aws:eks::aws:cluster-access-policy/...)")),
		"arn":               arn(form(`arn:aws:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws)?:.+`, "must be an ARN (arn:aws:...)")),
		"aws-region":        checkAWSRegion,
		"azure-region":      form(`[a-z]+[0-9]*`, "must be an Azure location such as eastus2"),
		"certificate-arn":   arn(form(`arn:aws:acm:[a-z0-9-]+:\d{12}:certificate/.+`, "must be the ARN of an ACM certificate")),
		"any-vpc-cidr":      checkAnyVpcCIDR,
		"chart-version":     checkChartVersion,
		"cidr":              checkPrivateCIDR,
		"control-room-name": form(`[A-Za-z0-9._]+-[A-Za-z0-9._-]+`, "must be the name of a control-room target such as main01-production"),
		"db-engine-version": checkDatabaseVersion,
		"db-instance-class": form(`db\.[a-z0-9-]+\.[a-z0-9]+`, "must be a database instance class such as db.t3.small"),
		"db-parameter":      form(`[a-z][a-z0-9_]*(\.[a-z0-9_]+)*`, "must be the name of a parameter of PostgreSQL such as work_mem"),
		"db-name":           form(`[A-Za-z_][A-Za-z0-9_-]{0,62}`, "must be a database name: a letter, then up to 62 letters, digits, _ or -"),
		"domain":            checkDomain,
		"dotted":            form(`\d+(\.\d+)*`, "must be a version of dotted integers such as 1.14.4"),
		"eks-version":       checkEKSVersion,
		"email":             checkEmail,
		"extension":         form(`[a-z][a-z0-9_-]*`, "must be the name of a PostgreSQL extension"),
		"file-system-id":    form(`fs-[0-9a-f]+`, "must be an EFS file system id: it starts with fs-"),
		"flow-log-target": arn(form(`arn:aws:(logs:[a-z0-9-]+:\d{12}:log-group:.+|s3:::.+|firehose:[a-z0-9-]+:\d{12}:deliverystream/.+)`,
			"must be the ARN of a log group, an S3 bucket or a Firehose stream: flow logs go nowhere else")),
		"folder":             form(`[^./\\][^/\\]*`, "must be the name of one folder, not a path"),
		"hh:mm":              form(`([01]\d|2[0-3]):[0-5]\d`, "must be a time of day, HH:MM"),
		"https-url":          form(`https://[^\s/]+\S*`, "must be an https:// URL"),
		"instance-id":        form(`i-([0-9a-f]{8}|[0-9a-f]{17})`, "must be an EC2 instance id (i-...)"),
		"instance-type":      form(`[a-z][a-z0-9-]*\.[a-z0-9-]+`, "must be an EC2 instance type such as t3.large"),
		"ip":                 checkIP,
		"ip-or-cidr":         checkIPOrCIDR,
		"karpenter-duration": form(`(\d+(s|m|h))+|Never`, "must be a duration such as 5m or 720h, or Never"),
		"kubernetes-version": form(`\d+\.\d+(\.\d+)?`, "must be a Kubernetes version such as 1.31.1"),
		"label":              form(`[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`, "must be up to 63 lower-case letters, digits and hyphens"),
		"name":               form(`[A-Za-z0-9._-]+`, "must be letters, digits, dots, _ and -"),
		"node-group":         form(`[A-Za-z0-9][A-Za-z0-9_-]*`, "must be letters, digits, _ and -, and not begin with _ or -"),
		"label-key":          checkLabelKey,
		"label-value":        checkLabelValue,
		"node-taint":         checkNodeTaint,
		"pool-name":          form(`[a-z][a-z0-9]{0,11}`, "must be a lower-case letter and up to 11 lower-case letters and digits"),
		"principal-arn":      arn(form(`arn:aws:iam::\d{12}:(role|user)/[\w+=,.@/-]+`, "must be the ARN of an IAM role or user (arn:aws:iam::...:role/...)")),
		"quantity":           checkQuantity,
		"release":            form(`[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?`, "a release must be letters, digits and hyphens, such as 20250115"),
		"role-arn":           arn(form(`arn:aws:iam::\d{12}:role/.+`, "must be the ARN of an IAM role")),
		"secret-arn":         arn(form(`arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+`, "must be the ARN of a secret of AWS Secrets Manager")),
		"security-group-id":  form(`sg-([0-9a-f]{8}|[0-9a-f]{17})`, "must be a security group id (sg-...)"),
		"site":               form(`[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`, "a site must be lower-case letters, digits and hyphens"),
		"step-name":          form(`[A-Za-z][A-Za-z0-9_-]*`, "must be a letter, then letters, digits, _ and -"),
		"uuid":               form(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`, "must be a UUID"),
		"v-version":          checkVersionWithV,
		"volume-size":        checkVolumeSize,
		"vm-size":            form(`[A-Za-z0-9_-]+`, "must be an Azure VM size such as Standard_D2s_v6"),
		"vpc-cidr":           checkVpcCIDR,
		"vpc-id":             form(`vpc-[0-9a-f]{17}`, "must be a VPC id: vpc- and 17 hexadecimal digits"),
		"weight":             checkWeight,
		"zone-id":            form(`Z[A-Z0-9]{1,31}`, "must be the id of a Route 53 hosted zone: Z and capitals or digits"),
	}
})

// pattern is a regular expression that is compiled when it is first used.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

func form(expression, problem string) check {
	whole := pattern(`^(?:` + expression + `)$`)
	return func(text string) (string, string) {
		if whole().MatchString(text) {
			return "", ""
		}
		return problem, ""
	}
}

var domainForm = pattern(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func checkDomain(text string) (string, string) {
	if len(text) <= 253 && domainForm().MatchString(text) {
		return "", ""
	}
	suggestion := strings.ToLower(strings.Trim(strings.TrimSpace(text), "."))
	suggestion = strings.TrimPrefix(strings.TrimPrefix(suggestion, "https://"), "*.")
	if len(suggestion) > 253 || !domainForm().MatchString(suggestion) {
		suggestion = ""
	}
	return "must be a domain name in lower case such as team.example.com", suggestion
}

func checkWeight(text string) (string, string) {
	if n, err := strconv.ParseUint(text, 10, 16); err != nil || n > 255 {
		return "must be a weight from 0 to 255", ""
	}
	return "", ""
}

func integers(numbers []int) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ", ")
}

// index is how a path spells the place in a list.
func index(i int) string { return "[" + strconv.Itoa(i) + "]" }

// checkEmail also holds what becomes of an address: the name of a session of a role.
// (docs.aws.amazon.com: STS/latest/APIReference/API_AssumeRole.html, RoleSessionName)
func checkEmail(text string) (string, string) {
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text || !strings.Contains(text[strings.LastIndexByte(text, '@')+1:], ".") {
		return "must be an email address", ""
	}
	if !sessionName().MatchString(text) {
		return "must have up to 64 letters, digits and _ + = , . @ -: it names the person's session in AWS", ""
	}
	return "", ""
}

var sessionName = pattern(`^[\w+=,.@-]{2,64}$`)
