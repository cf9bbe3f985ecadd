using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.RegularExpressions;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Terminal;

/// <summary>What the client's errors mean for people, and which exit code they have.</summary>
internal static partial class ClientFailures
{
    private const string SetCredentials = "set NEXO_TOKEN, or NEXO_USER and NEXO_PASSWORD";

    public static CliFailure Explain(NexoException failure, CliSettings settings)
    {
        string code = SnakeCase(failure.CodeName);
        string place = Redact(settings.Url);
        (int exitCode, string message, string? hint) = failure.Code switch
        {
            ClientErrorCode.ConnectFailed => (
                ExitCode.CannotConnect, CannotConnect(failure, place), ConnectHint(failure, settings)),
            ClientErrorCode.ConnectionLost => (
                ExitCode.CannotConnect,
                $"The connection to {place} was lost: {failure.Message}",
                failure.Retryable ? "try again" : "the request may have been carried out: look before trying again"),
            ClientErrorCode.DeadlineExceeded => (
                ExitCode.CannotConnect,
                $"{place} did not answer in time: {failure.Message}",
                "the request may have been carried out; --timeout allows more time"),
            ClientErrorCode.ProtocolViolation => (
                ExitCode.CannotConnect,
                failure.Message,
                "the native port is 7654 unless it was set; 7655 is the one for HTTP"),
            ClientErrorCode.NoReceivers => (
                ExitCode.Negative, failure.Message, "nexo topics subscribers shows who listens"),
            ErrorCode.AuthenticationRequired => (
                ExitCode.Authentication,
                $"{place} wants credentials.",
                SetCredentials),
            ErrorCode.AuthenticationFailed => (
                ExitCode.Authentication, $"{place} did not accept the credentials.", CredentialsHint(settings)),
            ErrorCode.AuthenticationThrottled => (
                ExitCode.Authentication, failure.Message, "there were too many wrong attempts: wait, then try again"),
            ErrorCode.PermissionDenied => (
                ExitCode.Authentication, failure.Message, "nexo user allow, at the server, gives a user a rule"),
            ErrorCode.UserLimitExceeded => (
                ExitCode.Refused, failure.Message, "nexo user limit, at the server, says how many it may have"),
            ErrorCode.NamespaceNotFound => (
                ExitCode.Refused, failure.Message, "see --namespace and NEXO_NAMESPACE; data.namespaces, at the server, declares them"),
            _ => (ExitCode.Refused, failure.Message, Hint(failure.Code)),
        };
        return new CliFailure(exitCode, code, message, hint, failure) { Retryable = failure.Retryable };
    }

    /// <summary>A URL without its secrets.</summary>
    public static string Redact(string url) =>
        Password().Replace(Token().Replace(url, "$1***"), "$1:***@");

    private static string CannotConnect(NexoException failure, string place)
    {
        // Below it is what the other side's refusal looks like to the socket.
        for (Exception? cause = failure; cause is not AuthenticationException && cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException socket)
            {
                return $"Cannot connect to {place}: {Reason(socket)}.";
            }
        }

        return $"Cannot connect to {place}: {failure.Message}";
    }

    private static string Reason(SocketException socket) => socket.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "no such host",
        SocketError.AddressNotAvailable => "no such socket",
        _ => socket.Message,
    };

    private static string ConnectHint(NexoException failure, CliSettings settings) => failure.InnerException is AuthenticationException
        ? "nexos:// and --tls-ca ask for TLS; --tls-ca names the file of the authority that issued the server's certificate"
        : settings.Url == GlobalOptions.DefaultUrl
        ? "is the server running? start it with: nexo serve; or set --url or NEXO_URL"
        : "is the server running there? see --url and NEXO_URL; start one here with: nexo serve";

    private static string CredentialsHint(CliSettings settings) =>
        settings.Token is not null ? "see NEXO_TOKEN or --token"
        : settings.User is not null ? "see NEXO_USER and NEXO_PASSWORD"
        : SetCredentials;

    public static string? Hint(ErrorCode code) => code switch
    {
        ErrorCode.WrongType => "values are read with get, hashes with hget and hgetall",
        ErrorCode.OutOfMemory => "free room with del or clear, or start the server with a larger store.max-memory",
        ErrorCode.UnknownOpcode or ErrorCode.UnsupportedVersion =>
            "server and nexo differ in version: see nexo info, nexo version",
        ErrorCode.ShuttingDown or ErrorCode.TooManyConnections or ErrorCode.TooManyInFlight or ErrorCode.Recovering =>
            "try again in a moment",
        ErrorCode.TlsRequired => "set --url or NEXO_URL to nexos://, and --tls-ca to the file of the authority, if it is your own",
        ErrorCode.StorageFull => "free room on the server's disk; deletes still work",
        ErrorCode.StorageFailed => "the server's log and its /readyz say what failed; it must be started anew",
        ErrorCode.UnsupportedDurability => "the server keeps the store in memory only: see store.durability there",
        ErrorCode.ReplyTooLarge => "ask for less at once",
        ErrorCode.QueueNotFound => "nexo queue list shows which there are; nexo queue declare makes one",
        ErrorCode.QueueConflict => "nexo queue show tells what it is; nexo queue update changes it",
        ErrorCode.QueueFull => "consume or purge, or allow more with nexo queue update",
        ErrorCode.QueuePaused => "nexo queue resume lets it go on",
        ErrorCode.ScheduleInvalid => "a cron expression is five fields, such as '0 3 * * 1-5', or six with seconds first",
        ErrorCode.TopicInvalid => "a topic has no + and no #; one that begins with $ is the server's own",
        ErrorCode.FilterInvalid => "+ stands for a whole level, # for the last ones: a/+/c, a/#; quote them for the shell",
        ErrorCode.TooManyFilters => "one filter with + or # may stand for many",
        ErrorCode.RetainedFull => "nexo retained clear makes room, or start the server with a larger topics.retained-max",
        ErrorCode.BindingNotFound => "nexo bind list shows which there are",
        ErrorCode.BindingConflict => "nexo bind show tells what it is; --name gives another name",
        ErrorCode.BindingRefused => "the subscriptions got it; nexo bind list shows who refuses",
        ErrorCode.StreamNotFound => "nexo stream list shows which there are; nexo stream create makes one",
        ErrorCode.StreamConflict => "nexo stream show tells what it is; nexo stream update changes it",
        ErrorCode.OffsetOutOfRange => "nexo stream show tells which offsets there are; --clamp takes the nearest one",
        ErrorCode.TimestampOutOfRange =>
            "nexo stream update --timestamp-bound allows more; without a time, a record gets the server's",
        ErrorCode.KeysLoading => "the stream is being read for the versions of its keys: try again in a moment",
        ErrorCode.GroupNotFound => "nexo stream group list shows which there are; nexo stream group create makes one",
        ErrorCode.GroupConflict => "nexo stream group show tells what it is",
        ErrorCode.MemberFenced => "another member has gone on from what was committed; join again",
        ErrorCode.SlowConsumer => "--when-slow drop-oldest keeps the subscription, and tells what was missed",
        _ => null,
    };

    public static string SnakeCase(string name) => Capital().Replace(name, "_$0").TrimStart('_').ToLowerInvariant();

    [GeneratedRegex("(//[^/:@]*):.*@")]
    private static partial Regex Password();

    [GeneratedRegex("([?&]token=)[^&]*")]
    private static partial Regex Token();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
