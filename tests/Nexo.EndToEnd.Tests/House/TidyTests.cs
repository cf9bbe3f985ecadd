using System.Text.RegularExpressions;
using Nexo.Server.Settings;

namespace Nexo.EndToEnd.Tests.House;

/// <summary>Keeps the house walkable: sizes, and documents that name what is really there.</summary>
public sealed partial class TidyTests
{
    private const int FileLinesMax = 400;
    private const int MedianLinesMax = 120;
    private const int LineColumnsMax = 140;

    [Fact]
    public void Source_files_stay_short()
    {
        List<(string File, int Lines)> files =
            [.. Repository.Files("src", "*.cs").Select(file => (file, Repository.Read(file).Count(c => c == '\n')))];

        Assert.DoesNotContain(files, file => file.Lines > FileLinesMax);
        Assert.InRange(files.Select(file => file.Lines).Order().ElementAt(files.Count / 2), 1, MedianLinesMax);
    }

    [Fact]
    public void Lines_stay_short()
    {
        IEnumerable<string> tooLong =
            from file in Repository.Files("src", "*.cs")
            from line in Repository.Read(file).Split('\n').Select((text, index) => (Text: text, Number: index + 1))
            where line.Text.Length > LineColumnsMax
            select $"{file}:{line.Number}";

        Assert.Empty(tooLong);
    }

    [Fact]
    public void Every_path_named_in_the_documents_exists()
    {
        IEnumerable<string> missing =
            from document in Documents()
            from Match match in PathInBackticks().Matches(Repository.Read(document))
            let path = match.Groups[1].Value.TrimEnd('/')
            where !path.Contains('*') && !path.Contains('…')
            where !Path.Exists(Path.Combine(Repository.Root, path))
            select $"{document}: {path}";

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_link_between_the_documents_leads_somewhere()
    {
        IEnumerable<string> broken =
            from document in Documents()
            from Match match in RelativeLink().Matches(Repository.Read(document))
            let target = Path.Combine(Repository.Root, Path.GetDirectoryName(document)!, match.Groups[1].Value)
            where !Path.Exists(target)
            select $"{document}: {match.Groups[1].Value}";

        Assert.Empty(broken);
    }

    [Fact]
    public void The_operators_page_has_the_settings_as_they_are() =>
        Assert.Contains(
            SettingsReference.Markdown().Trim(), Repository.Read("docs/operating.md"), StringComparison.Ordinal);

    [Fact]
    public void Nothing_is_left_for_later_in_the_source()
    {
        IEnumerable<string> marks =
            from file in Repository.Files("src", "*.cs")
            where UnfinishedMark().IsMatch(Repository.Read(file))
            select file;

        Assert.Empty(marks);
    }

    private static IEnumerable<string> Documents() =>
        Repository.Files("docs", "*.md").Concat(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "bench/README.md"]);

    [GeneratedRegex(@"`((?:src|tests|docs|bench|protocol|\.ci)/[^`\s:<{]*)`")]
    private static partial Regex PathInBackticks();

    [GeneratedRegex(@"\]\(((?!https?:|#|mailto:)[\w./-]+)(?:#[^)]*)?\)")]
    private static partial Regex RelativeLink();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex UnfinishedMark();
}
