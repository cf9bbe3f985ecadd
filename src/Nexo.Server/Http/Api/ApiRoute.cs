using Nexo.Server.Security;

namespace Nexo.Server.Http.Api;

/// <summary>What the body of a request is.</summary>
internal enum ApiBody
{
    None,

    /// <summary>Any bytes, as they are.</summary>
    Bytes,

    /// <summary>One JSON object of <see cref="ApiRoute.Fields"/>, or nothing.</summary>
    Json,
}

/// <summary>A rule that a request needs: for the name that its address has, for all that begins so, or for the server.</summary>
internal readonly record struct ApiNeed(AccessBroker Broker, AccessOperation Operation, AccessReach Reach = AccessReach.Name)
{
    public override string ToString() => $"{AccessNames.Of(Broker)} {AccessNames.Of(Operation)}";
}

/// <summary>One answer that a route may give.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="About">When it is given.</param>
/// <param name="Schema">Of JSON; null: it has none.</param>
/// <param name="Type">Of a body that is not JSON; null: it has none.</param>
internal sealed record ApiAnswer(int Status, string About, ApiSchema? Schema = null, string? Type = null);

/// <summary>
/// One thing that can be asked for. The table of them (<see cref="ApiRoutes"/>) is what requests are matched with, what the document at
/// <c>/openapi.json</c> says, and what tests hold against the server.
/// </summary>
/// <param name="Method">Of HTTP; GET answers HEAD too.</param>
/// <param name="Pattern">The path: <c>{name}</c> is one segment, <c>{name...}</c> the rest with its slashes.</param>
/// <param name="Id">What the document calls it.</param>
/// <param name="Summary">One line.</param>
/// <param name="Handle">Answers it.</param>
internal sealed record ApiRoute(string Method, string Pattern, string Id, string Summary, Func<ApiExchange, Task> Handle)
{
    private const string RestMark = "...}";

    /// <summary>The rules that it needs, all of them; none: whoever has logged in may.</summary>
    public IReadOnlyList<ApiNeed> Needs { get; init; } = [];

    /// <summary>What may stand behind the <c>?</c>.</summary>
    public IReadOnlyList<ApiField> Query { get; init; } = [];

    public ApiBody Body { get; init; }

    /// <summary>It is answered with events until somebody ends it.</summary>
    public bool IsTail => Answers.Any(answer => answer.Type == EventStream.ContentType);

    /// <summary>Of a body of JSON.</summary>
    public IReadOnlyList<ApiField> Fields { get; init; } = [];

    public IReadOnlyList<ApiAnswer> Answers { get; init; } = [];

    /// <summary>The segments of the path, each as it is or <c>{name}</c>.</summary>
    public IReadOnlyList<string> Segments { get; } = Pattern[1..].Split('/');

    /// <summary>The group that it is one of: <c>store</c>, <c>queues</c>, …</summary>
    public string Tag { get; init; } = string.Empty;

    /// <summary>Matches an encoded path; the values of its names are given encoded too.</summary>
    public bool Matches(IReadOnlyList<string> path, string rest, out List<KeyValuePair<string, string>> names)
    {
        names = [];
        if (path.Count < Segments.Count)
        {
            return false;
        }

        int at = 0;
        for (int i = 0; i < Segments.Count; i++)
        {
            string segment = Segments[i];
            if (segment.EndsWith(RestMark, StringComparison.Ordinal))
            {
                names.Add(new(NameOf(segment), rest[at..]));
                return true;
            }

            if (segment[0] == '{')
            {
                names.Add(new(NameOf(segment), path[i]));
            }
            else if (segment != path[i])
            {
                return false;
            }

            at += path[i].Length + 1;
        }

        return path.Count == Segments.Count;
    }

    /// <summary>The names in the path.</summary>
    public IEnumerable<string> PathNames => Segments.Where(segment => segment[0] == '{').Select(NameOf);

    private static string NameOf(string segment) => segment.Trim('{', '}', '.');
}
