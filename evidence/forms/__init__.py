"""Forms that officers print and sign: 电子数据提取笔录 and 电子数据清单, as DOCX and PDF."""
