using System.Diagnostics.CodeAnalysis;
using Nexo.Server.Hosting;

namespace Nexo.Server.Security;

/// <summary>
/// Who may log in now. It is read at the start, which fails when it cannot be, and again when its file has changed: then what cannot be
/// read leaves everything as it is. So it is with the users of the settings.
/// </summary>
internal sealed class UserDirectory : IReloadable, ILiveSettings
{
    private volatile SecurityOptions _options;
    private readonly IReadOnlyList<string> _namespaces;
    private readonly UsersFile? _file;
    private UserSet _users;

    // What the file had when it was last taken over; null: there was none.
    private IReadOnlyList<UserEntry>? _entries;
    private bool _hadFile;

    // What was made to be checked, and is to be put into force.
    private (SecurityOptions Options, UserSet Users)? _next;

    private UserDirectory(NexoServerOptions options, UsersFile? file)
    {
        _options = options.Security;
        _namespaces = options.Namespaces;
        _file = file;
        _hadFile = file is { Exists: true };
        _entries = Read();
        _users = Make(_options, _entries);
    }

    /// <summary>Something has changed. The new users are there already.</summary>
    public event Action? Changed;

    /// <summary>Those of now.</summary>
    public UserSet Users => Volatile.Read(ref _users);

    /// <summary>Where the users are, or will be; null: in the settings only.</summary>
    public string? Path => _file?.FullPath;

    string IReloadable.Name => "users";

    IReadOnlyList<string> IReloadable.Files => Path is { } path ? [path] : [];

    /// <exception cref="ServerStartException">The users cannot be read.</exception>
    public static UserDirectory Load(NexoServerOptions options)
    {
        try
        {
            return new UserDirectory(options, options.UsersFilePath is { } path ? new UsersFile(path) : null);
        }
        catch (UsersFileException failure)
        {
            throw new ServerStartException(failure.Message, failure);
        }
    }

    ReloadOutcome IReloadable.Reload() =>
        _file is not { } file || (!_hadFile && !file.Exists) ? ReloadOutcome.Unchanged
        : Reload() is { } problem ? ReloadOutcome.Refused(problem)
        : ReloadOutcome.Applied($"{Users.All.Count()} users");

    /// <summary>Reads them anew; null: they are those of now, else why everything is as it was.</summary>
    public string? Reload()
    {
        try
        {
            if (_hadFile && !_file!.Exists)
            {
                // Gone is not empty: a server that stops asking for credentials because of a slip would be worse.
                return $"{Path} is gone; put it back";
            }

            IReadOnlyList<UserEntry>? entries = Read();
            UserSet users = Make(_options, entries);
            _entries = entries;
            _hadFile = _file is { Exists: true };
            Volatile.Write(ref _users, users);
        }
        catch (UsersFileException failure)
        {
            return failure.Message;
        }

        Changed?.Invoke();
        return null;
    }

    string? ILiveSettings.Refuse(NexoServerOptions next)
    {
        _next = null;
        if (ReferenceEquals(_options, next.Security))
        {
            return null;
        }

        try
        {
            // With the users of the file as they are in force, whatever becomes of the file.
            UserSet users = Make(next.Security, _entries);
            if (Users.AsksForCredentials && !users.AsksForCredentials)
            {
                // As with a file that is gone.
                return "security.users and security.token-sha256 are gone, and a running server does not stop asking who clients are; "
                    + "only a restart does";
            }

            _next = (next.Security, users);
            return null;
        }
        catch (UsersFileException failure)
        {
            return failure.Message;
        }
    }

    void ILiveSettings.Apply(NexoServerOptions next)
    {
        if (_next is { } made && ReferenceEquals(made.Options, next.Security))
        {
            _options = made.Options;
            Volatile.Write(ref _users, made.Users);
            Changed?.Invoke();
        }

        _next = null;
    }

    /// <summary>
    /// What somebody may do now who has logged in so; false: nobody may by these credentials any more, or not in this namespace.
    /// </summary>
    public bool TryResolve(in AuthResult login, string space, [NotNullWhen(true)] out Access? access)
    {
        UserSet users = Users;
        access = null;
        if (login.User.Length == 0)
        {
            access = users.AsksForCredentials ? null : Access.Everything;
            return access is not null;
        }

        if (users.TryFind(login.User, out KnownUser? user) && login.Credential.IsOf(user) && user.MayBeIn(space))
        {
            access = user.Access;
        }

        return access is not null;
    }

    private IReadOnlyList<UserEntry>? Read() => _file is { Exists: true } file ? file.Read(_namespaces) : null;

    private UserSet Make(SecurityOptions options, IReadOnlyList<UserEntry>? entries) =>
        UserSet.TryMake(options, entries, out string? problem)
        ?? throw new UsersFileException(Path is { } path && entries is not null ? $"{path}: {problem}" : problem!);
}
