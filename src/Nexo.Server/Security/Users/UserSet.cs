using System.Diagnostics.CodeAnalysis;

namespace Nexo.Server.Security;

/// <summary>Everybody who may log in, from the settings and the file of users, as of one moment. Immutable.</summary>
internal sealed class UserSet
{
    private readonly Dictionary<string, KnownUser> _byName = [];
    private readonly Dictionary<string, KnownUser> _byCertificate = [];
    private readonly List<(UserToken Token, KnownUser User)> _tokens = [];

    private UserSet(bool asksForCredentials)
    {
        AsksForCredentials = asksForCredentials;
        Decoy = new Lazy<PasswordHash>(() => PasswordHash.Decoy(
            _byName.Values.Select(user => user.Password?.Iterations ?? 0).Append(PasswordHash.IterationsMin).Max()));
    }

    /// <summary>What is verified for a user that is not there: it takes as long as one that is.</summary>
    public Lazy<PasswordHash> Decoy { get; }

    /// <summary>True when a client has to prove who it is.</summary>
    public bool AsksForCredentials { get; }

    public IEnumerable<KnownUser> All => _byName.Values;

    /// <summary>Puts settings and file together.</summary>
    /// <param name="options">With their own users, which may have rules.</param>
    /// <param name="file">The users of the file; null: there is no file.</param>
    /// <param name="problem">Why they do not go together; null: they do.</param>
    public static UserSet? TryMake(SecurityOptions options, IReadOnlyList<UserEntry>? file, out string? problem)
    {
        problem = null;
        var users = new UserSet(options.AsksForCredentials || file is not null);
        ILookup<string, AccessRule> rules = options.Allow.ToLookup(allowed => allowed.User, allowed => allowed.Rule);

        // Without a rule anywhere all who are let in may do everything, as where there are no rules to write.
        bool areRules = options.Allow.Count > 0 || (file?.Any(user => user.Rules.Count > 0) ?? false);
        foreach (UserCredential user in options.Users)
        {
            Access access = areRules ? Access.Of([.. rules[user.Name]]) : Access.Everything;
            users.Add(new KnownUser(user.Name, user.Password, [], access, Certificate: user.Name)
            {
                Namespace = NamespaceOf(options, user.Name),
                Limits = LimitsOf(options, user.Name),
            });
        }

        if (options.Token is { } token)
        {
            AccessRule[] own = [.. rules[UserNames.Token]];
            var operators = new UserToken(UserNames.Token, token, default, null);
            users.Add(new KnownUser(UserNames.Token, null, [operators], own.Length == 0 ? Access.Everything : Access.Of(own), null)
            {
                Namespace = NamespaceOf(options, UserNames.Token),
                Limits = LimitsOf(options, UserNames.Token),
            });
        }

        foreach (UserEntry user in file ?? [])
        {
            if (users._byName.ContainsKey(user.Name))
            {
                problem = $"the user '{user.Name}' is in security.users and in the file of users: take it out of one of them";
                return null;
            }

            if (user.Certificate is { } certificate && users._byCertificate.ContainsKey(certificate))
            {
                problem = $"the certificate '{certificate}' of '{user.Name}' is the name of a user in security.users: it can be one only";
                return null;
            }

            users.Add(new KnownUser(
                user.Name, user.Password, user.Tokens, Access.Of([.. user.Rules, .. rules[user.Name]]), user.Certificate)
            {
                Namespace = user.Namespace,
                Limits = user.Limits,
            });
        }

        string? stranger = rules.FirstOrDefault(allowed => !users._byName.ContainsKey(allowed.Key))?.Key;
        if (options.Limits.FirstOrDefault(limited => !IsDeclared(options, limited.User)) is { } other)
        {
            problem = $"security.limits has limits for '{other.User}', who is not in security.users: those of the file have theirs there";
            return null;
        }

        problem = stranger is null ? null : $"security.allow has a rule for '{stranger}', and there is no such user";
        return problem is null ? users : null;
    }

    public bool TryFind(string name, [NotNullWhen(true)] out KnownUser? user) => _byName.TryGetValue(name, out user);

    /// <summary>What somebody may do in a namespace who has been there before; empty: nobody was asked then.</summary>
    public Access AccessOf(string name, string space) =>
        name.Length == 0 ? AsksForCredentials ? Access.Nothing : Access.Everything
        : TryFind(name, out KnownUser? user) && user.MayBeIn(space) ? user.Access
        : Access.Nothing;

    /// <summary>Whose a token is; takes the same time whether it is anybody's.</summary>
    public (UserToken Token, KnownUser User)? FindToken(string token)
    {
        TokenHash hash = TokenHash.Of(token);
        (UserToken Token, KnownUser User)? found = null;
        foreach ((UserToken Token, KnownUser User) one in _tokens)
        {
            found = one.Token.Hash.Matches(hash) ? one : found;
        }

        return found;
    }

    /// <summary>Who a certificate is, by one of the names in it.</summary>
    public KnownUser? FindCertificate(IReadOnlyList<string> names) =>
        names.Select(name => _byCertificate.GetValueOrDefault(name)).FirstOrDefault(user => user is not null);

    private static UserLimits LimitsOf(SecurityOptions options, string user) =>
        options.Limits.FirstOrDefault(one => one.User == user)?.Limits ?? UserLimits.None;

    private static bool IsDeclared(SecurityOptions options, string user) =>
        options.Users.Any(one => one.Name == user) || (user == UserNames.Token && options.Token is not null);

    private static string? NamespaceOf(SecurityOptions options, string user) =>
        options.Namespaces.FirstOrDefault(one => one.User == user)?.Namespace;

    private void Add(KnownUser user)
    {
        _byName.Add(user.Name, user);
        _tokens.AddRange(user.Tokens.Select(token => (token, user)));
        if (user.Certificate is { } certificate)
        {
            _byCertificate.Add(certificate, user);
        }
    }
}
