using System.Text;

namespace Nexo.Server.Http.Api;

/// <summary>The values of one request, by name; all of them are of their kinds and within their bounds.</summary>
internal sealed class ApiValues
{
    private readonly Dictionary<string, ApiValue> _values = new(StringComparer.Ordinal);

    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>Empty when it is not there.</summary>
    public byte[] Bytes(string name) => _values.TryGetValue(name, out ApiValue value) ? value.Bytes : [];

    public string Text(string name) => Encoding.UTF8.GetString(Bytes(name));

    /// <summary>A number, a duration in milliseconds, the place of a choice, or 1 for true.</summary>
    public long Number(string name, long otherwise = 0) =>
        _values.TryGetValue(name, out ApiValue value) ? value.Number : otherwise;

    public bool Flag(string name) => Number(name) != 0;

    public IReadOnlyList<byte[]> Texts(string name) => _values.TryGetValue(name, out ApiValue value) ? value.Many ?? [] : [];

    /// <summary>False: it is there already.</summary>
    public bool TryAdd(string name, in ApiValue value) => _values.TryAdd(name, value);

    /// <summary>Adds one more to those of a name.</summary>
    public void AddMore(string name, byte[] one)
    {
        IReadOnlyList<byte[]> there = Texts(name);
        _values[name] = new ApiValue([], 0, [.. there, one]);
    }
}

/// <summary>One value: its bytes, and what they say if that is a number.</summary>
internal readonly record struct ApiValue(byte[] Bytes, long Number, IReadOnlyList<byte[]>? Many = null);
