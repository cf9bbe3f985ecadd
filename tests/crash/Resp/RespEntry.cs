namespace Nexo.Crash.Resp;

/// <summary>What a key holds.</summary>
/// <param name="Value">A <see cref="string"/>, a list, a set, a sorted dictionary of fields, or scores by member.</param>
internal sealed record RespEntry(object Value)
{
    public bool Expires { get; set; }

    public bool IsEmpty => Value is System.Collections.ICollection { Count: 0 };

    /// <summary>In one line, by which entries are compared.</summary>
    public string Text => $"{Name}{(Expires ? " that expires" : string.Empty)} {Content}";

    private string Name => Value switch
    {
        string => "string",
        List<string> => "list",
        SortedSet<string> => "set",
        Dictionary<string, long> => "sorted set",
        _ => "hash",
    };

    private string Content => Value switch
    {
        string value => value,
        List<string> list => string.Join(' ', list),
        SortedSet<string> set => string.Join(' ', set),
        Dictionary<string, long> scores => string.Join(' ', RespModel.Sort(scores)),
        SortedDictionary<string, string> fields => string.Join(' ', fields),
        _ => string.Empty,
    };

    public RespEntry Copy() => new(Value switch
    {
        List<string> list => new List<string>(list),
        SortedSet<string> set => new SortedSet<string>(set, StringComparer.Ordinal),
        Dictionary<string, long> scores => new Dictionary<string, long>(scores),
        SortedDictionary<string, string> fields => new SortedDictionary<string, string>(fields, StringComparer.Ordinal),
        _ => Value,
    })
    {
        Expires = Expires,
    };
}
