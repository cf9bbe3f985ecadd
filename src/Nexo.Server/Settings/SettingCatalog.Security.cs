using Nexo.Server.Security;

namespace Nexo.Server.Settings;

// Who may connect, and do what.
internal static partial class SettingCatalog
{
    private static IEnumerable<Setting> Security()
    {
        yield return new Setting<TokenHash?>("security.token-sha256", SettingKinds.Token,
            o => o.Security.Token, (o, v) => o with { Security = o.Security with { Token = v } },
            "SHA-256 of a token that lets clients in; make a pair with nexo config new-token")
        {
            IsSecret = true,
            Mask = token => token is null ? string.Empty : "(hidden)",
        };
        yield return new Setting<IReadOnlyList<UserCredential>>("security.users", SettingKinds.Users,
            o => o.Security.Users, (o, v) => o with { Security = o.Security with { Users = v } },
            "Users that may log in, as NAME:HASH; make a hash with nexo config hash-password")
        {
            IsSecret = true,
            Mask = users => string.Join(", ", users.Select(user => $"{user.Name}:(hidden)")),
        };
        yield return new Setting<IReadOnlyList<AllowedRule>>("security.allow", SettingKinds.Allowed,
            o => o.Security.Allow, (o, v) => o with { Security = o.Security with { Allow = v } },
            "What users may do, as NAME: BROKER OPERATIONS PATTERN; without any, those of security.users may do everything");
        yield return new Setting<IReadOnlyList<LimitedUser>>("security.limits", SettingKinds.UserLimits,
            o => o.Security.Limits, (o, v) => o with { Security = o.Security with { Limits = v } },
            "What users of security.users may take: connections at once, requests a second, unread bytes; 0: no limit");
        yield return new Setting<IReadOnlyList<UserNamespace>>("security.namespaces", SettingKinds.UserNamespaces,
            o => o.Security.Namespaces, (o, v) => o with { Security = o.Security with { Namespaces = v } },
            "The namespaces that users of security.users, and token, are always in, as NAME:NAMESPACE");
        yield return Security("users-file", SettingKinds.UsersFile,
            s => s.UsersFile, (s, v) => s with { UsersFile = v },
            "The file of users that nexo user writes; nothing: users.json in data.directory");
        yield return Security("metrics-open", SettingKinds.Flag,
            s => s.MetricsOpen, (s, v) => s with { MetricsOpen = v },
            "Whether the HTTP port shows / and /metrics to everybody although clients are asked who they are");
        yield return Security("verify-concurrency", SettingKinds.Integer(1, 64),
            s => s.VerifyConcurrency, (s, v) => s with { VerifyConcurrency = v },
            "Passwords that are verified at once; each keeps a core busy for a tenth of a second or so");
        yield return Security("verify-queue-max", SettingKinds.Integer(1, 65_536),
            s => s.VerifyQueueMax, (s, v) => s with { VerifyQueueMax = v },
            "Logins that wait for verification; one more is told to try again");
        yield return Security("failure-burst", SettingKinds.Integer(1, 1_000),
            s => s.FailureBurst, (s, v) => s with { FailureBurst = v },
            "Failed logins in a row after which a remote address is slowed down");
        yield return Security("failure-refill", SettingKinds.Duration(10, Hour),
            s => s.FailureRefillMs, (s, v) => s with { FailureRefillMs = v },
            "Time until a slowed down address may try once more");
    }

    private static Setting<T> Security<T>(
        string key,
        SettingKind<T> kind,
        Func<SecurityOptions, T> get,
        Func<SecurityOptions, T, SecurityOptions> set,
        string description) => new(
        $"security.{key}", kind, o => get(o.Security), (o, v) => o with { Security = set(o.Security, v) }, description);
}
