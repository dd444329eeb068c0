package aws

import (
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// functions are the data sources that ptd's programs call.
func functions() map[string]sandbox.Function {
	return map[string]sandbox.Function{
		"aws:index/getCallerIdentity:getCallerIdentity": func(call *sandbox.Call) (map[string]any, error) {
			return map[string]any{
				"id": call.Account, "accountId": call.Account, "userId": "AROASANDBOX:ptd", "arn": callerARN(call.Account),
			}, nil
		},
		"aws:index/getRegion:getRegion": func(call *sandbox.Call) (map[string]any, error) {
			return map[string]any{
				"id": call.Region, "name": call.Region, "description": call.Region, "endpoint": "ec2." + call.Region + ".amazonaws.com",
			}, nil
		},
		"aws:index/getPartition:getPartition": func(*sandbox.Call) (map[string]any, error) {
			return map[string]any{"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}, nil
		},
		"aws:index/getAvailabilityZones:getAvailabilityZones": func(call *sandbox.Call) (map[string]any, error) {
			names, ids := []any{}, []any{}
			for i, letter := range []string{"a", "b", "c"} {
				names, ids = append(names, call.Region+letter), append(ids, zoneID(call.Region, i+1))
			}
			return map[string]any{"id": call.Region, "names": names, "zoneIds": ids, "groupNames": []any{call.Region}}, nil
		},
		"aws:ec2/getAmi:getAmi":                     getImage,
		"aws:ec2/getVpc:getVpc":                     single(vpcType, "VPC"),
		"aws:ec2/getSubnet:getSubnet":               single(subnetType, "EC2 subnet"),
		"aws:ec2/getSubnets:getSubnets":             list(subnetType),
		"aws:ec2/getRouteTable:getRouteTable":       getRouteTable,
		"aws:ec2/getRouteTables:getRouteTables":     list(routeTableType),
		"aws:ec2/getNetworkAcls:getNetworkAcls":     list(aclType),
		"aws:ec2/getSecurityGroup:getSecurityGroup": single(securityGroupType, "EC2 security group"),
		"aws:eks/getAddonVersion:getAddonVersion":   getAddonVersion,
		"aws:eks/getCluster:getCluster":             getCluster,
		"aws:iam/getRole:getRole":                   getRole,
		"aws:iam/getRoles:getRoles":                 getRoles,
		"aws:route53/getZone:getZone":               getZone,
		"aws:lb/getHostedZoneId:getHostedZoneId": func(call *sandbox.Call) (map[string]any, error) {
			region, ok := call.Arguments.Text("region")
			if !ok {
				region = call.Region
			}
			kind, _ := call.Arguments.Text("loadBalancerType")
			return map[string]any{
				"id": "Z" + strings.ToUpper(sandbox.Digest(13, "load balancers", region, kind)), "region": region, "loadBalancerType": kind,
			}, nil
		},
		"aws:acm/getCertificate:getCertificate":  getCertificate,
		"aws:secretsmanager/getSecret:getSecret": getSecret,
		"aws:secretsmanager/getSecretVersion:getSecretVersion": func(call *sandbox.Call) (map[string]any, error) {
			return getSecret(&sandbox.Call{Cloud: call.Cloud, Account: call.Account, Region: call.Region,
				Arguments: sandbox.Inputs{"arn": call.Arguments["secretId"]}})
		},
	}
}

// callerARN is who the sandbox says is calling.
func callerARN(account string) string {
	return fmt.Sprintf("arn:aws:sts::%s:assumed-role/admin.posit.team/ptd", account)
}

// getImage knows one image for each name pattern, as if none was ever published after.
func getImage(call *sandbox.Call) (map[string]any, error) {
	name, architecture := "", "x86_64"
	for _, element := range call.Arguments.List("filters") {
		filter, _ := element.(map[string]any)
		values, _ := filter["values"].([]any)
		if len(values) == 0 {
			return nil, fmt.Errorf("InvalidParameterValue: filter %v has no values", filter["name"])
		}
		switch filter["name"] {
		case "name":
			name = fmt.Sprint(values[0])
		case "architecture":
			architecture = fmt.Sprint(values[0])
		}
	}
	if expression, ok := call.Arguments.Text("nameRegex"); ok {
		if _, err := regexp.Compile(expression); err != nil {
			return nil, err
		}
		name = expression
	}
	if !strings.Contains(name, "al2023") {
		return nil, &sandbox.NoMatch{What: "EC2 image"}
	}
	id := "ami-" + sandbox.Digest(17, call.Region, name, architecture)
	return map[string]any{
		"id": id, "imageId": id, "name": name, "architecture": architecture, "ownerId": "137112412989",
		"creationDate": "2026-01-01T00:00:00.000Z", "state": "available", "rootDeviceType": "ebs",
	}, nil
}

// getRouteTable adds the associations, which are objects of their own.
func getRouteTable(call *sandbox.Call) (map[string]any, error) {
	found, err := matching(call, routeTableType)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, &sandbox.NoMatch{What: "EC2 route table"}
	}
	described := describe(found[0])
	described["routeTableId"] = found[0].ID
	associations, _ := described["associations"].([]any)
	for _, association := range call.Cloud.OfType(associationType) {
		if association.String("routeTableId") == found[0].ID {
			associations = append(associations, map[string]any{
				"routeTableAssociationId": association.ID, "routeTableId": found[0].ID,
				"subnetId": association.String("subnetId"), "gatewayId": "", "main": false,
			})
		}
	}
	described["associations"], described["routes"] = associations, []any{}
	return described, nil
}

func getZone(call *sandbox.Call) (map[string]any, error) {
	var found []*sandbox.Object
	for _, zone := range call.Cloud.OfType(zoneType) {
		id, byID := call.Arguments.Text("zoneId")
		name, _ := call.Arguments.Text("name")
		if zone.Account == call.Account && (byID && zone.String("zoneId") == id || !byID && trimDot(zone.Name()) == trimDot(name)) {
			found = append(found, zone)
		}
	}
	if len(found) != 1 {
		return nil, &sandbox.NoMatch{What: fmt.Sprintf("Route 53 hosted zone (%d match)", len(found))}
	}
	described := describe(found[0])
	vpcs, _ := found[0].Get("vpcs").([]any)
	described["privateZone"] = len(vpcs) > 0
	return described, nil
}

func trimDot(name string) string { return strings.TrimSuffix(name, ".") }

func getCertificate(call *sandbox.Call) (map[string]any, error) {
	for _, certificate := range call.Cloud.OfType(certificateType) {
		if certificate.Account == call.Account && certificate.Region == call.Region && certificate.Name() == call.Arguments["domain"] {
			return describe(certificate), nil
		}
	}
	return nil, &sandbox.NoMatch{What: "ACM certificate"}
}

func getSecret(call *sandbox.Call) (map[string]any, error) {
	name, byName := call.Arguments.Text("name")
	arn, _ := call.Arguments.Text("arn")
	for _, secret := range call.Cloud.OfType(secretType) {
		if secret.Account == call.Account && secret.Region == call.Region &&
			(byName && secret.Name() == name || !byName && (secret.ID == arn || secret.Name() == arn)) {
			described := describe(secret)
			described["secretId"], described["versionStages"] = secret.ID, []any{"AWSCURRENT"}
			return described, nil
		}
	}
	return nil, &sandbox.NoMatch{What: fmt.Sprintf("Secrets Manager secret %s%s", name, arn)}
}

func getCluster(call *sandbox.Call) (map[string]any, error) {
	name, _ := call.Arguments.Text("name")
	cluster := call.Cloud.Object(sandbox.Key(controlPlaneType, call.Account, call.Region, name))
	if cluster == nil {
		return nil, fmt.Errorf(noCluster, name)
	}
	return describe(cluster), nil
}

func getRole(call *sandbox.Call) (map[string]any, error) {
	name, _ := call.Arguments.Text("name")
	role := call.Cloud.Object(sandbox.Key(roleType, call.Account, "", name))
	if role == nil {
		return nil, &sandbox.NoMatch{What: "IAM role " + name}
	}
	return describe(role), nil
}

// getRoles lists the roles whose names match an expression, below a path. That there are
// none is no error.
func getRoles(call *sandbox.Call) (map[string]any, error) {
	expression, _ := call.Arguments.Text("nameRegex")
	pattern, err := regexp.Compile(expression)
	if err != nil {
		return nil, fmt.Errorf("nameRegex: %w", err)
	}
	prefix, _ := call.Arguments.Text("pathPrefix")
	names, arns := []any{}, []any{}
	for _, role := range call.Cloud.OfType(roleType) {
		path := role.String("path")
		if path == "" {
			path = "/"
		}
		if role.Account == call.Account && pattern.MatchString(role.Name()) && strings.HasPrefix(path, prefix) {
			names, arns = append(names, role.Name()), append(arns, role.String("arn"))
		}
	}
	result := map[string]any{"id": call.Region, "names": names, "arns": arns}
	maps.Copy(result, call.Arguments)
	return result, nil
}
