using System.Globalization;
using System.Text.Json;
using Nexo.Server.Brokers;

namespace Nexo.Server.Security;

/// <summary>
/// Reads the file of users. What it does not know it refuses, with the line: a rule that is passed over is worse than none.
/// </summary>
internal ref struct UsersReader
{
    public const int Version = 1;

    private readonly string _path;
    private readonly IReadOnlyList<string>? _namespaces;
    private readonly ReadOnlySpan<byte> _bytes;
    private Utf8JsonReader _json;

    private UsersReader(ReadOnlySpan<byte> bytes, string path, IReadOnlyList<string>? namespaces)
    {
        _namespaces = namespaces;
        _bytes = bytes;
        _path = path;
        _json = new Utf8JsonReader(
            bytes, new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
    }

    /// <param name="bytes">What is in it.</param>
    /// <param name="path">Where it is, for what is told of it.</param>
    /// <param name="namespaces">Those that users may be bound to; null: any.</param>
    /// <exception cref="UsersFileException">It is no file of users.</exception>
    public static IReadOnlyList<UserEntry> Read(ReadOnlySpan<byte> bytes, string path, IReadOnlyList<string>? namespaces = null)
    {
        var reader = new UsersReader(bytes, path, namespaces);
        try
        {
            List<UserEntry> users = reader.ReadAll();

            // What follows the end is a fault of its own.
            reader._json.Read();
            return users;
        }
        catch (JsonException failure)
        {
            // The reader's own text ends with its zero-based position: say it once, as editors count.
            string what = failure.Message.Split(" LineNumber:")[0];
            throw new UsersFileException($"{path}, line {(failure.LineNumber ?? 0) + 1}: {what}", failure);
        }
    }

    private List<UserEntry> ReadAll()
    {
        var users = new List<UserEntry>();
        Move(JsonTokenType.StartObject, "the file is an object");
        var seen = new HashSet<string>();
        while (NextProperty(seen, out string name))
        {
            switch (name)
            {
                case "version":
                    Move(JsonTokenType.Number, "version is a number");
                    if (!_json.TryGetInt32(out int version) || version != Version)
                    {
                        throw Fault($"this version of nexo reads version {Version} of the file of users");
                    }

                    break;
                case "users":
                    Move(JsonTokenType.StartArray, "users is an array");
                    ReadUsers(users);
                    break;
                default:
                    throw Unknown(name, "version, users");
            }
        }

        return users;
    }

    private void ReadUsers(List<UserEntry> users)
    {
        var names = new HashSet<string>();
        var certificates = new HashSet<string>();
        while (Next() != JsonTokenType.EndArray)
        {
            Expect(JsonTokenType.StartObject, "a user is an object");
            UserEntry user = ReadUser();
            if (!names.Add(user.Name))
            {
                throw Fault($"there are two users '{user.Name}': take one of them away");
            }

            if (user.Certificate is { } certificate && !certificates.Add(certificate))
            {
                throw Fault($"two users have the certificate '{certificate}': it can be one user only");
            }

            users.Add(user);
        }
    }

    private UserEntry ReadUser()
    {
        var user = new UserEntry(string.Empty);
        var seen = new HashSet<string>();
        while (NextProperty(seen, out string name))
        {
            user = name switch
            {
                "name" => user with { Name = ReadName() },
                "password" => user with { Password = ReadPassword() },
                "certificate" => user with { Certificate = ReadText("certificate") },
                "namespace" => user with { Namespace = ReadNamespace() },
                "limits" => user with { Limits = ReadLimits() },
                "tokens" => user with { Tokens = ReadTokens() },
                "rules" => user with { Rules = ReadRules() },
                _ => throw Unknown(name, "name, password, certificate, namespace, limits, tokens, rules"),
            };
        }

        return user.Name.Length > 0 ? user : throw Fault("a user has a name");
    }

    private string ReadName()
    {
        string name = ReadText("name");
        return UserNames.FaultOf(name) is { } fault ? throw Fault(fault) : name;
    }

    private string ReadNamespace()
    {
        string name = ReadText("namespace");
        return Namespaces.FaultOf(name) is { } fault ? throw Fault(fault)
            : _namespaces?.Contains(name) == false ? throw Fault(
                $"the namespace '{name}' is not one of data.namespaces: declare it there and restart, or bind the user to another with "
                + "nexo user bind")
            : name;
    }

    private PasswordHash? ReadPassword()
    {
        if (Next() == JsonTokenType.Null)
        {
            return null;
        }

        Expect(JsonTokenType.String, "password is a hash, or null");

        // It may be a password that was put here by mistake: it is not repeated.
        return PasswordHash.TryParse(_json.GetString()!, out PasswordHash? hash)
            ? hash
            : throw Fault("password is no hash that nexo user passwd writes");
    }

    private UserLimits ReadLimits()
    {
        UserLimits limits = UserLimits.None;
        Move(JsonTokenType.StartObject, "limits is an object");
        var seen = new HashSet<string>();
        while (NextProperty(seen, out string name))
        {
            Move(JsonTokenType.Number, $"{name} is a number");
            string text = System.Text.Encoding.UTF8.GetString(_json.ValueSpan);
            (limits, string? fault) = limits.TrySet(name, text);
            if (fault is not null)
            {
                throw Fault(fault);
            }
        }

        return limits;
    }

    private List<AccessRule> ReadRules()
    {
        var rules = new List<AccessRule>();
        Move(JsonTokenType.StartArray, "rules is an array");
        while (Next() != JsonTokenType.EndArray)
        {
            Expect(JsonTokenType.String, "a rule is a text");
            string text = _json.GetString()!;
            rules.Add(AccessRule.TryParse(text, out AccessRule? rule, out string? reason)
                ? rule
                : throw Fault($"the rule '{text}': {reason}"));
        }

        return rules;
    }

    private List<UserToken> ReadTokens()
    {
        var tokens = new List<UserToken>();
        Move(JsonTokenType.StartArray, "tokens is an array");
        while (Next() != JsonTokenType.EndArray)
        {
            Expect(JsonTokenType.StartObject, "a token is an object");
            UserToken token = ReadToken();
            if (tokens.Exists(other => other.Id == token.Id))
            {
                throw Fault($"there are two tokens '{token.Id}' of one user");
            }

            tokens.Add(token);
        }

        return tokens;
    }

    private UserToken ReadToken()
    {
        string? id = null;
        TokenHash? hash = null;
        DateTimeOffset created = default;
        DateTimeOffset? expires = null;
        var seen = new HashSet<string>();
        while (NextProperty(seen, out string name))
        {
            switch (name)
            {
                case "id":
                    id = ReadText("id");
                    break;
                case "sha256":
                    hash = TokenHash.TryParse(ReadText("sha256"), out TokenHash? read)
                        ? read
                        : throw Fault("sha256 is 64 hexadecimal digits");
                    break;
                case "created":
                    created = ReadMoment("created");
                    break;
                case "expires":
                    expires = ReadMoment("expires");
                    break;
                default:
                    throw Unknown(name, "id, sha256, created, expires");
            }
        }

        return id is not null && hash is not null
            ? new UserToken(id, hash, created, expires)
            : throw Fault("a token has an id and a sha256");
    }

    private DateTimeOffset ReadMoment(string name) =>
        DateTimeOffset.TryParse(
            ReadText(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment)
            ? moment
            : throw Fault($"{name} is a moment such as 2026-12-31T00:00:00Z");

    private string ReadText(string name)
    {
        Move(JsonTokenType.String, $"{name} is a text");
        return _json.GetString() is { Length: > 0 } text ? text : throw Fault($"{name} is empty");
    }

    private bool NextProperty(HashSet<string> seen, out string name)
    {
        bool isThere = Next() == JsonTokenType.PropertyName;
        name = isThere ? _json.GetString()! : string.Empty;
        return !isThere || seen.Add(name) ? isThere : throw Fault($"'{name}' is there twice");
    }

    private void Move(JsonTokenType wanted, string otherwise)
    {
        Next();
        Expect(wanted, otherwise);
    }

    private void Expect(JsonTokenType wanted, string otherwise)
    {
        if (_json.TokenType != wanted)
        {
            throw Fault(otherwise);
        }
    }

    private JsonTokenType Next() => _json.Read() ? _json.TokenType : throw Fault("the file ends too early");

    private readonly UsersFileException Unknown(string name, string known) => Fault($"'{name}' is not known here: there are {known}");

    private readonly UsersFileException Fault(string what)
    {
        int at = (int)Math.Min(_json.TokenStartIndex, _bytes.Length);
        return new UsersFileException($"{_path}, line {_bytes[..at].Count((byte)'\n') + 1}: {what}");
    }
}
